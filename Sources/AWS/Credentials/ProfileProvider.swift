import Curl
import Model

/// A profile of the shared config and credentials files, read anew for every search.
struct ProfileProvider<Client: HTTPClient, Time: TimeSource>: CredentialProvider {
    let surroundings: Surroundings
    let sessionName: String
    let webIdentity: WebIdentityProvider<Client, Time>
    let container: ContainerProvider<Client>
    let instanceMetadata: InstanceMetadataProvider<Client, Time>
    var name: String { "profile" }

    func find(_ completion: @escaping @Sendable (Finding) -> Void) {
        let profiles: Profiles
        do throws(Profiles.Fault) { profiles = try Profiles.load(surroundings) } catch {
            return completion(
                .failed(
                    CredentialError(
                        .misconfigured, "the shared config and credentials files: \(error.detail)",
                        advice: "Correct the file, or name others with AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE")
                )
            )
        }
        guard let profile = profiles.selected else {
            let absence = profiles.absence(of: profiles.name)
            guard profiles.isNamed else { return completion(.absent(absence)) }
            return completion(
                .failed(CredentialError(.misconfigured, absence, advice: "Add the profile, or unset AWS_PROFILE")))
        }
        do throws(CredentialError) {
            guard let plan = try ProfilePlan.make(for: profile, of: profiles, sessionName: sessionName) else {
                return completion(.absent("\(profile) in \(profiles.places) has no credentials"))
            }
            carryOut(plan) { completion(Finding($0)) }
        } catch { completion(.failed(error)) }
    }

    private func carryOut(
        _ plan: ProfilePlan, _ completion: @escaping @Sendable (Result<Credentials, CredentialError>) -> Void
    ) {
        switch plan {
        case .keys(let credentials): completion(.success(credentials))
        case .process(let command, let profile): CredentialProcess(command: command, profile: profile).run(completion)
        case .webIdentity(let role, let tokenFile, let profile):
            webIdentity.assume(role, tokenFile: tokenFile, source: source(role, profile), completion: completion)
        case .assume(let role, let base, let profile):
            carryOut(base) { result in
                switch result {
                case .failure: completion(result)
                case .success(let credentials):
                    do throws(CredentialError) {
                        webIdentity.sts.assume(
                            role, with: credentials, at: try STSEndpoint.resolve(surroundings),
                            source: source(role, profile), completion: completion)
                    } catch { completion(.failure(error)) }
                }
            }
        case .environment: take(EnvironmentProvider(surroundings: surroundings), "Environment", completion)
        case .container: take(container, "EcsContainer", completion)
        case .instanceMetadata: take(instanceMetadata, "Ec2InstanceMetadata", completion)
        }
    }

    private func source(_ role: Role, _ profile: String) -> String { "profile `\(profile)`, role \(role.arn)" }

    private func take(
        _ provider: some CredentialProvider, _ setting: String,
        _ completion: @escaping @Sendable (Result<Credentials, CredentialError>) -> Void
    ) {
        provider.find { finding in
            switch finding {
            case .found(let credentials): completion(.success(credentials))
            case .failed(let error): completion(.failure(error))
            case .absent(let reason):
                completion(
                    .failure(
                        CredentialError(
                            .misconfigured, "credential_source = \(setting), but \(provider.name): \(reason)",
                            advice: "Name a source that is there")))
            }
        }
    }
}
