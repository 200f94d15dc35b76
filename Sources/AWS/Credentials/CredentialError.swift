/// Why there are no credentials: what was tried, where, and what to do. Never holds a secret.
package struct CredentialError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        /// No provider is configured.
        case notFound
        /// What was configured can't work; somebody must change it.
        case misconfigured
        /// A service answered and said no.
        case refused
        /// No usable answer; the same call can succeed later.
        case unavailable
    }

    package var kind: Kind
    package var detail: String
    /// What an operator should do.
    package var advice: String

    package init(_ kind: Kind, _ detail: String, advice: String) {
        self.kind = kind
        self.detail = detail
        self.advice = advice
    }

    package var description: String { "\(detail). \(advice)" }
}
