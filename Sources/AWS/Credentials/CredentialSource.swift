/// Gives credentials to sign with.
package protocol CredentialSource: Sendable {
    /// Calls back once, on any thread: perhaps the caller's, before this returns, and perhaps the HTTP client's own, so
    /// what it does must be short.
    func credentials(completion: @escaping @Sendable (Result<Credentials, CredentialError>) -> Void)
    /// The last ones were refused: the next call fetches new ones.
    func invalidate()
}
