import Curl
import Model
import Synchronization

/// The two calls of AWS's Security Token Service that turn one identity into another.
///
/// Each is tried twice when there is no usable answer, and once more with the server's time when the clock is to blame.
final class SecurityTokenService<Client: HTTPClient, Time: TimeSource>: Sendable {
    typealias Completion = @Sendable (Result<Credentials, CredentialError>) -> Void

    private let client: Client
    private let time: Time
    private let skew = Mutex(ClockSkew())

    init(client: Client, time: Time) {
        self.client = client
        self.time = time
    }

    /// Signed with `credentials`.
    func assume(
        _ role: Role, with credentials: Credentials, at place: STSEndpoint, source: String,
        completion: @escaping Completion
    ) {
        let call = STSCall(
            action: "AssumeRole", role: role, parameters: role.externalID.map { [("ExternalId", Secret($0))] } ?? [],
            signedWith: credentials, place: place, source: source)
        send(call, attempt: 1, completion)
    }

    /// Not signed: the token is the proof.
    func assume(
        _ role: Role, withWebIdentity token: Secret, at place: STSEndpoint, source: String,
        completion: @escaping Completion
    ) {
        let call = STSCall(
            action: "AssumeRoleWithWebIdentity", role: role, parameters: [("WebIdentityToken", token)],
            signedWith: nil, place: place, source: source)
        send(call, attempt: 1, completion)
    }

    private func send(_ call: STSCall, attempt: Int, _ completion: @escaping Completion) {
        let signedAt = skew.withLock { $0.corrected(time.now()) }
        client.send(call.request(at: signedAt)) { [self] result in
            let reply = STSReply(result, to: call)
            switch reply {
            case .credentials(let credentials): completion(.success(credentials))
            case .tryAgain where attempt < 2: send(call, attempt: attempt + 1, completion)
            case .skewed(let date, _) where attempt < 3 && learn(date, signedAt):
                // Attempt 3 is the last, whatever comes of it.
                send(call, attempt: 3, completion)
            case .tryAgain(let error), .skewed(_, let error), .refused(let error): completion(.failure(error))
            }
        }
    }

    private func learn(_ date: String?, _ signedAt: Timestamp) -> Bool {
        let now = time.now()
        return skew.withLock { $0.learn(serverDate: date, signedAt: signedAt, now: now) } == .retry
    }
}
