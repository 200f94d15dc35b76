import Foundation
import ScriptedServer
import Synchronization

/// The instance metadata service, version 2, as EC2 has it: a token by PUT with a lifetime of 1 to 21600 seconds (400
/// without), refused to proxies (403 with `X-Forwarded-For`), echoed with its lifetime; everything else by GET with a
/// token that it gave and that has not been forgotten (401 without).
final class MetadataServer: Sendable {
    struct State {
        var tokens: Set<String> = []
        var given = 0
        var role: String? = "gateway-role"
        var document = Document.credentials()
        var isOn = true
        /// Answers each request with this status instead.
        var broken: Int?
    }

    private let state: Shared
    let server: ScriptedServer

    private final class Shared: Sendable { let state = Mutex(State()) }

    init() {
        let shared = Shared()
        state = shared
        server = ScriptedServer { request in shared.state.withLock { MetadataServer.answer(request, &$0) } }
    }

    func change(_ change: (inout sending State) -> Void) { state.state.withLock { change(&$0) } }

    private static func answer(_ request: ScriptedServer.Request, _ state: inout State) -> ScriptedServer.Reply {
        if let status = state.broken { return .response(status) }
        guard state.isOn else { return .response(403) }
        if request.target == "/latest/api/token" { return token(request, &state) }
        guard request.method == "GET" else { return .response(405) }
        guard let token = request.header("X-aws-ec2-metadata-token"), state.tokens.contains(token) else {
            return .response(401)
        }
        let roles = "/latest/meta-data/iam/security-credentials/"
        guard let role = state.role else { return .response(404) }
        switch request.target {
        case roles: return .response(200, headers: [("Content-Type", "text/plain")], body: Array(role.utf8))
        case roles + role:
            return .response(200, headers: [("Content-Type", "text/plain")], body: Array(state.document.utf8))
        default: return .response(404)
        }
    }

    private static func token(_ request: ScriptedServer.Request, _ state: inout State) -> ScriptedServer.Reply {
        guard request.method == "PUT" else { return .response(405) }
        if request.header("X-Forwarded-For") != nil { return .response(403) }
        let header = "X-aws-ec2-metadata-token-ttl-seconds"
        guard let lifetime = request.header(header).flatMap({ Int($0) }), (1...21_600).contains(lifetime) else {
            return .response(400)
        }
        state.given += 1
        let token = "AQAEA-token-\(state.given)=="
        state.tokens.insert(token)
        return .response(
            200, headers: [(header, "\(lifetime)"), ("Content-Type", "text/plain")], body: Array(token.utf8))
    }
}
