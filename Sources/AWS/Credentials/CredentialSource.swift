/// Gives credentials to sign with.
package protocol CredentialSource: Sendable {
    /// Calls back once, on any thread: perhaps the caller's, before this returns, and perhaps the HTTP client's own, so
    /// what it does must be short.
    func credentials(completion: @escaping @Sendable (Result<Credentials, CredentialError>) -> Void)
    /// A store refused these as expired or unknown: the next call gets new ones. Many requests that were refused with the
    /// same ones count once, and a late refusal of old ones does not touch new ones.
    func invalidate(_ refused: Credentials)
}
