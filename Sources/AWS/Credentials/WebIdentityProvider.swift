import Curl
import Files
import Model
import SystemPackage

/// A role for whoever holds a token in a file, as Kubernetes gives to pods (EKS, IAM roles for service accounts).
///
/// The file is read anew for every call: what writes it replaces it before it expires.
struct WebIdentityProvider<Client: HTTPClient, Time: TimeSource>: CredentialProvider {
    let surroundings: Surroundings
    let sts: SecurityTokenService<Client, Time>
    let sessionName: String
    var name: String { "web identity" }

    func find(_ completion: @escaping @Sendable (Finding) -> Void) {
        guard let tokenFile = surroundings["AWS_WEB_IDENTITY_TOKEN_FILE"] else {
            return completion(.absent("AWS_WEB_IDENTITY_TOKEN_FILE not set"))
        }
        guard let arn = surroundings["AWS_ROLE_ARN"] else {
            return completion(
                .failed(
                    CredentialError(
                        .misconfigured, "AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN is not",
                        advice: "Set AWS_ROLE_ARN to the role that trusts the token")))
        }
        let role = Role(arn: arn, sessionName: surroundings["AWS_ROLE_SESSION_NAME"] ?? sessionName)
        assume(role, tokenFile: tokenFile, source: name) { completion(Finding($0)) }
    }

    /// Also for profiles with `web_identity_token_file`.
    func assume(
        _ role: Role, tokenFile: String, source: String,
        completion: @escaping @Sendable (Result<Credentials, CredentialError>) -> Void
    ) {
        let place: STSEndpoint
        let token: String
        do throws(CredentialError) {
            place = try STSEndpoint.resolve(surroundings)
            token = try read(surroundings.path(tokenFile))
        } catch { return completion(.failure(error)) }
        sts.assume(role, withWebIdentity: Secret(token), at: place, source: source, completion: completion)
    }

    private func read(_ path: FilePath) throws(CredentialError) -> String {
        do throws(FileError) {
            let token = try surroundings.readToken(path)
            if !token.isEmpty { return token }
        } catch {
            throw CredentialError(
                .misconfigured, "the web identity token: \(error)",
                advice: "Check that the token is mounted there and that this process may read it")
        }
        throw CredentialError(
            .misconfigured, "the web identity token \(path) is empty", advice: "Check what writes it")
    }
}
