import Model

/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, and `AWS_SESSION_TOKEN` where the key is temporary.
struct EnvironmentProvider: CredentialProvider {
    let surroundings: Surroundings
    var name: String { "environment" }

    func find(_ completion: @escaping @Sendable (Finding) -> Void) { completion(finding) }

    private var finding: Finding {
        switch (surroundings["AWS_ACCESS_KEY_ID"], surroundings["AWS_SECRET_ACCESS_KEY"]) {
        case (nil, nil): return .absent("AWS_ACCESS_KEY_ID not set")
        case (nil, _): return incomplete("AWS_SECRET_ACCESS_KEY is set and AWS_ACCESS_KEY_ID is not")
        case (_, nil): return incomplete("AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not")
        case (let key?, let secret?):
            guard
                let credentials = Credentials(
                    checking: key, secret, token: surroundings["AWS_SESSION_TOKEN"],
                    expiration: surroundings["AWS_CREDENTIAL_EXPIRATION"].flatMap { Timestamp(iso8601: $0) },
                    source: name)
            else { return incomplete("environment: \(Credentials.badCharacters)") }
            return .found(credentials)
        }
    }

    private func incomplete(_ detail: String) -> Finding {
        .failed(
            CredentialError(
                .misconfigured, detail,
                advice: "Set both, and AWS_SESSION_TOKEN when the key is temporary; or neither, to use another provider"
            ))
    }
}
