import Access
import Edge
import Gateway
import Logging
import Telemetry

/// Runs `body` against a server of its own on a free port, on one loop, then stops it.
func withServer(
    intake: RecordingIntake = RecordingIntake(), doorkeeper: any Doorkeeper = OpenDoor(),
    telemetry: Telemetry = Telemetry(), onFailedLogin: @escaping @Sendable (String) -> Void = { _ in },
    limits: (inout EdgeLimits) -> Void = { _ in },
    _ body: (EdgeServer, RecordingIntake) async throws -> Void
) async throws {
    var configuration = EdgeConfiguration()
    configuration.port = 0
    configuration.loops = 1
    configuration.limits.lingerTime = .milliseconds(300)
    limits(&configuration.limits)
    let server = try await EdgeServer.start(
        configuration: configuration, intake: intake, doorkeeper: doorkeeper, telemetry: telemetry,
        onFailedLogin: onFailedLogin, logger: quietLogger)
    do {
        try await body(server, intake)
    } catch {
        await server.stop(deadline: .zero)
        throw error
    }
    await server.stop(deadline: .zero)
}

private var quietLogger: Logger {
    var logger = Logger(label: "edge-tests")
    logger.logLevel = .critical
    return logger
}

/// A `POST` of a body to a stream, as text.
func post(
    _ body: String = "{}\n", path: String = "/v1/streams/audit_logs/events", type: String? = "application/x-ndjson",
    length: String? = nil, version: String = "1.1", extra: String = ""
) -> String {
    var text = "POST \(path) HTTP/\(version)\r\nHost: gateway\r\n"
    if let type { text += "Content-Type: \(type)\r\n" }
    return text + "Content-Length: \(length ?? String(body.utf8.count))\r\n\(extra)\r\n" + body
}

/// Asks again until it is true; false when that takes more than `seconds`.
func eventually(seconds: Double = 3, _ condition: () -> Bool) async -> Bool {
    for _ in 0..<Int(seconds * 100) {
        if condition() { return true }
        try? await Task.sleep(for: .milliseconds(10))
    }
    return condition()
}
