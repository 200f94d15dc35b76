package import Model

/// An operator as the book keeps it.
package struct OperatorRecord: Sendable, Equatable {
    package var name: PrincipalName
    package var role: OperatorRole
    package var keys: [KeyRecord]
}
