import Curl
import Model
import Synchronization

/// The EC2 instance's role, from the instance metadata service, version 2: a session token by PUT, then the role's name
/// and its credentials. Version 1, which answers whoever can make this machine send a GET, is never used.
final class InstanceMetadataProvider<Client: HTTPClient, Time: TimeSource>: CredentialProvider {
    typealias Completion = @Sendable (Finding) -> Void

    private struct Session {
        var token: Secret?
        var tokenEnds = MonotonicInstant(nanoseconds: 0)
        /// The service has answered before: silence is then a failure, not a sign that this is no EC2 instance.
        var hasAnswered = false
    }

    private let surroundings: Surroundings
    private let client: Client
    private let time: Time
    private let session = Mutex(Session())
    var name: String { "instance metadata" }

    init(surroundings: Surroundings, client: Client, time: Time) {
        self.surroundings = surroundings
        self.client = client
        self.time = time
    }

    func find(_ completion: @escaping Completion) {
        if surroundings.isTrue("AWS_EC2_METADATA_DISABLED") {
            return completion(.absent("turned off by AWS_EC2_METADATA_DISABLED"))
        }
        do throws(CredentialError) {
            let service = try InstanceMetadataService(surroundings)
            find(Search(service: service, completion: completion))
        } catch { completion(.failed(error)) }
    }

    private struct Search: Sendable {
        var service: InstanceMetadataService
        var completion: Completion
        /// Whether a token has been refused already; a second refusal is final.
        var renewedToken = false
    }

    private func find(_ search: Search) {
        let now = time.monotonic()
        if let token = session.withLock({ $0.tokenEnds > now ? $0.token : nil }) { return findRole(search, token) }
        send(search.service.tokenRequest(), search, attempt: 1) { [self] response in
            switch response.status {
            case 200:
                guard let (token, lifetime) = search.service.token(response) else {
                    return fail(search, .unavailable, "the answer to the token request is no token")
                }
                session.withLock {
                    $0.token = token
                    $0.tokenEnds = now + lifetime
                    $0.hasAnswered = true
                }
                findRole(search, token)
            case 403:
                absent(
                    search, "\(search.service) refuses tokens (403): turned off for this instance, or behind a proxy")
            case 404, 405: absent(search, "no IMDSv2 at \(search.service) (status \(response.status))")
            default: fail(search, .unavailable, "status \(response.status) to the token request")
            }
        }
    }

    private func findRole(_ search: Search, _ token: Secret) {
        send(search.service.roleRequest(token), search, attempt: 1) { [self] response in
            switch response.status {
            case 200:
                guard let role = search.service.role(response) else { return absent(search, "no role is attached") }
                findCredentials(search, token, role)
            case 401: renewToken(search)
            case 404: absent(search, "no role is attached to this instance")
            default: fail(search, .unavailable, "status \(response.status) to the request for the role's name")
            }
        }
    }

    private func findCredentials(_ search: Search, _ token: Secret, _ role: String) {
        send(search.service.credentialsRequest(token, role: role), search, attempt: 1) { [self] response in
            switch response.status {
            case 200:
                do throws(CredentialDocument.Fault) {
                    let document = try CredentialDocument(response.body)
                    if let code = document.code, code != "Success" {
                        return fail(
                            search, .refused, "role \(shown(role)): \(shown("\(code): \(document.message ?? "")"))")
                    }
                    let credentials = try document.credentials(
                        from: "instance metadata, role \(shown(role))", temporary: true)
                    search.completion(.found(credentials))
                } catch { fail(search, .unavailable, "role \(shown(role)): \(error.detail)") }
            case 401: renewToken(search)
            default: fail(search, .unavailable, "status \(response.status) to the request for the role's credentials")
            }
        }
    }

    private func renewToken(_ search: Search) {
        session.withLock { $0.token = nil }
        if search.renewedToken { return fail(search, .refused, "it refuses the token it gave (401)") }
        var again = search
        again.renewedToken = true
        find(again)
    }

    /// Calls back with an answer that is not 5xx, or ends the search.
    private func send(
        _ request: HTTPRequest, _ search: Search, attempt: Int,
        _ completion: @escaping @Sendable (HTTPResponse) -> Void
    ) {
        client.send(request) { [self] result in
            switch result {
            case .success(let response) where response.status < 500: completion(response)
            case _ where attempt < search.service.attemptsMax:
                send(request, search, attempt: attempt + 1, completion)
            case .success(let response): fail(search, .unavailable, "status \(response.status)")
            case .failure(let failure):
                if search.service.isExplicit || session.withLock(\.hasAnswered) {
                    fail(search, .unavailable, "\(failure)")
                } else {
                    search.completion(.absent("no answer from \(search.service) in \(search.service.timeout)"))
                }
            }
        }
    }

    /// Nothing to be had here; an error all the same where there was something before.
    private func absent(_ search: Search, _ reason: String) {
        let had = session.withLock { session in
            defer { session.token = nil }
            return session.hasAnswered
        }
        had ? fail(search, .refused, reason) : search.completion(.absent(reason))
    }

    private func fail(_ search: Search, _ kind: CredentialError.Kind, _ detail: String) {
        search.completion(
            .failed(
                CredentialError(
                    kind, "instance metadata at \(search.service): \(detail)",
                    advice: "Check the instance's role and metadata options; in a container the hop limit must be 2")))
    }
}
