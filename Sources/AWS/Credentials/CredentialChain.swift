package import Curl
package import Model

/// Looks for credentials where AWS's own tools do, in their order: environment, web identity, profile, container
/// endpoint, instance metadata; a profile that settings name goes before what the environment says, as it does with `--profile`
/// of AWS's own. The first place that is configured decides; if it fails, the search fails.
///
/// Everything is looked at anew with each call; put ``CachedCredentials`` in front.
package struct CredentialChain<Client: HTTPClient, Time: TimeSource>: CredentialSource {
    private let providers: [any CredentialProvider]

    /// `sessionName` is how assumed roles show in CloudTrail where settings don't say; the gateway's name is a good one.
    package init(surroundings: Surroundings, client: Client, time: Time, sessionName: String = "sluice") {
        let sessionName = CredentialChain.validSessionName(sessionName)
        let sts = SecurityTokenService(client: client, time: time)
        let webIdentity = WebIdentityProvider(surroundings: surroundings, sts: sts, sessionName: sessionName)
        let container = ContainerProvider(surroundings: surroundings, client: client)
        let instanceMetadata = InstanceMetadataProvider(surroundings: surroundings, client: client, time: time)
        let environment: [any CredentialProvider] = [EnvironmentProvider(surroundings: surroundings), webIdentity]
        let rest: [any CredentialProvider] = [
            ProfileProvider(
                surroundings: surroundings, sessionName: sessionName, webIdentity: webIdentity, container: container,
                instanceMetadata: instanceMetadata),
            container,
            instanceMetadata,
        ]
        providers = surroundings.profileIsExplicit ? rest : environment + rest
    }

    package func credentials(completion: @escaping @Sendable (Result<Credentials, CredentialError>) -> Void) {
        look(at: 0, absences: [], completion)
    }

    /// Nothing is kept, so there is nothing to drop.
    package func invalidate(_ refused: Credentials) {}

    private func look(
        at index: Int, absences: [String],
        _ completion: @escaping @Sendable (Result<Credentials, CredentialError>) -> Void
    ) {
        guard index < providers.count else {
            return completion(
                .failure(
                    CredentialError(
                        .notFound, "no credentials found: looked at " + absences.joined(separator: ", "),
                        advice: "Give this process credentials in one of these ways")))
        }
        let provider = providers[index]
        provider.find { finding in
            switch finding {
            case .found(let credentials): completion(.success(credentials))
            case .failed(let error): completion(.failure(error))
            case .absent(let reason):
                look(at: index + 1, absences: absences + ["\(provider.name) (\(reason))"], completion)
            }
        }
    }

    /// STS takes `[A-Za-z0-9_=,.@-]`, 2 to 64 of them.
    private static func validSessionName(_ name: String) -> String {
        let kept = name.unicodeScalars.map { scalar -> Character in
            let isAllowed =
                scalar.isASCII && (scalar.properties.isAlphabetic || "0123456789_=,.@-".unicodeScalars.contains(scalar))
            return isAllowed ? Character(scalar) : "-"
        }.prefix(64)
        return kept.count < 2 ? "sluice" : String(kept)
    }
}
