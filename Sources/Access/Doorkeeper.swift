package import Model

/// Tells the data plane who sends. Any thread.
package protocol Doorkeeper: Sendable {
    /// Changes with every change of who may do what: what was answered under another edition must be asked again.
    var edition: UInt64 { get }
    /// Whose key the `Authorization` field carries. `nil` for a missing, malformed, unknown, wrong, revoked or expired
    /// key alike, and after the same work for an unknown key as for a wrong one.
    func admit(authorization: String?, now: Timestamp) -> Admittance?
}

/// An answer of the ``Doorkeeper``.
package struct Admittance: Sendable {
    package var pass: ProducerPass
    /// When the key that was shown expires.
    package var expiresAt: Timestamp?

    package init(pass: ProducerPass, expiresAt: Timestamp?) {
        self.pass = pass
        self.expiresAt = expiresAt
    }
}

/// Lets everybody in as `anonymous`: for a listener on loopback (`access.authentication: none`).
package struct OpenDoor: Doorkeeper {
    package init() {}
    package var edition: UInt64 { 0 }
    package func admit(authorization: String?, now: Timestamp) -> Admittance? {
        Admittance(pass: .anonymous, expiresAt: nil)
    }
}
