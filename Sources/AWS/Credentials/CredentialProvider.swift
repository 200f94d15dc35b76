/// One place where credentials may be found.
protocol CredentialProvider: Sendable {
    /// As the message of ``CredentialError/Kind/notFound`` names it.
    var name: String { get }
    /// Calls back once, on any thread.
    func find(_ completion: @escaping @Sendable (Finding) -> Void)
}

/// What a provider came back with.
enum Finding: Sendable {
    case found(Credentials)
    /// Not configured here, and how that shows: look further.
    case absent(String)
    /// Configured here, and failed. The search ends: another identity than the one that was asked for is worse than none.
    case failed(CredentialError)

    init(_ result: Result<Credentials, CredentialError>) {
        switch result {
        case .success(let credentials): self = .found(credentials)
        case .failure(let error): self = .failed(error)
        }
    }
}
