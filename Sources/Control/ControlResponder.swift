import Access
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Model
import NIOCore
import Telemetry

/// Takes a request through every check, in this order: host, origin, target, method, key, role, body; then hands it to
/// its route.
struct ControlResponder: HTTPResponder {
    typealias Context = ControlContext

    /// Bytes of a body; one more is 413.
    static let bodyMax = 64 << 10
    /// Time for a body; then 408.
    static let bodyDeadline = Duration.seconds(10)

    let table: RouteTable
    let parts: ControlParts
    let configuration: ControlConfiguration
    let feed: EventFeed

    func respond(to request: Request, context: ControlContext) async throws -> Response {
        let answer: ControlAnswer
        do throws(ControlProblem) {
            answer = try await route(request, context)
        } catch {
            if error.kind == .unauthorized {
                parts.telemetry.counter(.failedLogins, ["control"]).add()
                parts.logins.refused(plane: "control", address: context.address)
            }
            if error.kind.status >= 500 {
                context.logger.warning("control request failed", metadata: ["problem": "\(error.kind.rawValue)"])
            }
            return ControlResponses.response(error)
        }
        if case .events = answer { return feed.response() }
        return ControlResponses.response(answer)
    }

    private func route(_ request: Request, _ context: ControlContext) async throws(ControlProblem) -> ControlAnswer {
        try checkHost(request)
        try checkOrigin(request)
        let segments = Route.segments(request.uri.path)
        let matching = table.routes.compactMap { route in route.match(segments).map { (route, $0) } }
        guard !matching.isEmpty else { throw ControlProblem(.notFound, "There is nothing under this target.") }
        guard let (route, parameters) = matching.first(where: { $0.0.method == request.method }) else {
            let allowed = matching.map(\.0.method.rawValue).joined(separator: ", ")
            throw ControlProblem(.methodNotAllowed, "Allowed here: \(allowed).", allow: allowed)
        }
        let identity = try identify(request, for: route)
        return try await route.handle(
            ControlRequest(
                parameters: parameters, query: ControlResponder.query(request.uri.query), identity: identity,
                address: context.address, body: try await body(of: request)))
    }

    /// Where no key is needed, a page that has its own name resolve to this address must not get in (DNS rebinding).
    private func checkHost(_ request: Request) throws(ControlProblem) {
        guard !configuration.requiresKey else { return }
        let host = ControlResponder.hostName(request.head.authority ?? "")
        guard
            host == configuration.host || ["localhost", "[::1]"].contains(host)
                || host.wholeMatch(of: /127(\.\d{1,3}){3}/) != nil
        else {
            throw ControlProblem(.misdirected, "Without authentication this is served under loopback names only.")
        }
    }

    /// Browsers say where a page comes from; tools send neither field.
    private func checkOrigin(_ request: Request) throws(ControlProblem) {
        if let origin = request.headers[.origin] {
            let authority = origin.split(separator: "://", maxSplits: 1).dropFirst().first.map(String.init)
            guard let authority, authority == request.head.authority else {
                throw ControlProblem(.originRefused, "The Origin is not this host.")
            }
        }
        if let site = request.headers[.secFetchSite], site != "same-origin", site != "none" {
            throw ControlProblem(.originRefused, "Only pages of this host may ask.")
        }
    }

    private func identify(_ request: Request, for route: Route) throws(ControlProblem) -> OperatorIdentity {
        guard let least = route.role, configuration.requiresKey else { return .anonymous }
        guard
            let identity = parts.access.identify(
                authorization: request.headers[.authorization], now: SystemTime().now())
        else { throw ControlProblem(.unauthorized, "Send Authorization: Bearer with a valid operator's key.") }
        guard identity.role >= least else {
            throw ControlProblem(.forbidden, "This needs the role \(least.rawValue).")
        }
        return identity
    }

    private func body(of request: Request) async throws(ControlProblem) -> [UInt8] {
        guard request.method != .get, request.method != .head else { return [] }
        let bytes = try await ControlResponder.collect(request)
        if !bytes.isEmpty {
            let type = request.headers[.contentType]?.split(separator: ";").first.map {
                $0.trimmingCharacters(in: .whitespaces).lowercased()
            }
            guard type == "application/json" else {
                throw ControlProblem(.unsupportedMediaType, "Send the body as application/json.")
            }
        }
        return bytes
    }

    /// The whole body, within the limit and the deadline: Hummingbird has a limit and no deadline.
    private static func collect(_ request: Request) async throws(ControlProblem) -> [UInt8] {
        let result = await withTaskGroup(of: Result<[UInt8], ControlProblem>.self) { group in
            group.addTask {
                do {
                    var bytes: [UInt8] = []
                    for try await part in request.body {
                        bytes += part.readableBytesView
                        guard bytes.count <= bodyMax else {
                            return .failure(ControlProblem(.bodyTooLarge, "Send at most \(bodyMax) bytes."))
                        }
                    }
                    return .success(bytes)
                } catch { return .failure(ControlProblem(.malformedRequest, "The body is not whole.")) }
            }
            group.addTask {
                try? await Task.sleep(for: bodyDeadline)
                return .failure(ControlProblem(.requestTimeout, "The body did not arrive in time."))
            }
            defer { group.cancelAll() }
            return await group.next() ?? .success([])
        }
        return try result.get()
    }

    private static func hostName(_ authority: String) -> String {
        if authority.hasPrefix("[") { return authority.split(separator: "]").first.map { "\($0)]" } ?? "" }
        return authority.split(separator: ":", omittingEmptySubsequences: false).first.map(String.init) ?? ""
    }

    private static func query(_ text: String?) -> [String: String] {
        var query: [String: String] = [:]
        for pair in (text ?? "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = parts[0].removingPercentEncoding else { continue }
            query[name] = parts.count > 1 ? parts[1].removingPercentEncoding ?? "" : ""
        }
        return query
    }
}

extension HTTPField.Name {
    static let secFetchSite = HTTPField.Name("Sec-Fetch-Site")!
}
