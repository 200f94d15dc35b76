package import Model

/// An operator who has shown a valid key.
package struct OperatorIdentity: Sendable, Equatable {
    package var name: PrincipalName
    package var role: OperatorRole
    /// Which key; `nil` where nobody has to show one.
    package var keyID: String?

    package init(name: PrincipalName, role: OperatorRole, keyID: String?) {
        self.name = name
        self.role = role
        self.keyID = keyID
    }

    /// Whoever asks on a control plane without authentication.
    package static let anonymous = OperatorIdentity(name: .anonymous, role: .admin, keyID: nil)
}
