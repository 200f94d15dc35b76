import Access
import Gateway
import HTTPTypes
import Model
import Telemetry

/// Every target of the control plane. The OpenAPI document is held to this list.
struct RouteTable: Sendable {
    let routes: [Route]

    init(_ parts: ControlParts) {
        routes =
            RouteTable.looking(parts) + RouteTable.zones(parts) + RouteTable.producers(parts)
            + RouteTable.operators(parts)
    }

    /// The parts of the control plane that only show.
    private static func looking(_ parts: ControlParts) -> [Route] {
        let gateway = parts.gateway
        return [
            Route(.get, "/", nil) { _ in
                .json(#"{"service":"sluice control plane","status":"/v1/status","metrics":"/metrics"}"#)
            },
            Route(.get, "/livez", nil) { _ in .text("ok\n", contentType: "text/plain; charset=utf-8") },
            Route(.get, "/readyz", nil) { (_) throws(ControlProblem) in
                let readiness = gateway.readiness()
                let checks = readiness.checks.map {
                    StatusDocument.Check(name: $0.name, ok: $0.ok, detail: $0.detail)
                }
                return .document(
                    status: readiness.ready ? 200 : 503, HealthDocument(status: readiness.word, checks: checks))
            },
            Route(.get, "/metrics", .viewer) { _ in
                .text(parts.telemetry.exposition(), contentType: "text/plain; version=0.0.4; charset=utf-8")
            },
            Route(.get, "/v1/whoami", .viewer) { request in
                .document(
                    IdentityDocument(
                        name: request.identity.name.rawValue, role: request.identity.role.rawValue,
                        key_id: request.identity.keyID))
            },
            Route(.get, "/v1/status", .viewer) { _ in .document(StatusDocument(gateway.status())) },
            Route(.get, "/v1/streams", .viewer) { _ in
                .document(StreamsDocument(streams: StatusDocument(gateway.status()).streams))
            },
            Route(.get, "/v1/streams/{stream}", .viewer) { (request) throws(ControlProblem) in
                let name = try request.stream("stream")
                guard let found = StatusDocument(gateway.status()).streams.first(where: { $0.name == name.rawValue })
                else { throw ControlProblem(.notFound, "There is no such stream.") }
                return .document(found)
            },
            Route(.get, "/v1/segments", .viewer) { (request) throws(ControlProblem) in
                var stream: StreamName?
                if let text = request.query["stream"] {
                    stream = StreamName(text)
                    guard stream != nil else {
                        throw ControlProblem(.invalidValue, "`stream` is no name of a stream.")
                    }
                }
                let limit = try request.number("limit", 1...10_000, standard: 1000)
                let now = gateway.status().now
                return .document(
                    SegmentsDocument(
                        segments: gateway.segments(of: stream, limit: limit).map { SegmentDocument($0, now: now) }))
            },
            Route(.get, "/v1/receipts/{stream}/{batch_key}", .viewer) { (request) async throws(ControlProblem) in
                try await receipt(request, gateway)
            },
            Route(.get, "/v1/trail", .viewer) { (request) throws(ControlProblem) in
                let limit = try request.number("limit", 1...1000, standard: 100)
                return .json("{\"entries\":[\(gateway.recentTrail().suffix(limit).joined(separator: ","))]}")
            },
            Route(.get, "/v1/events", .viewer) { _ in .events },
            Route(.post, "/v1/reload", .operator) { (request) async throws(ControlProblem) in
                try await reload(request, parts)
            },
        ]
    }

    private static func receipt(
        _ request: ControlRequest, _ gateway: any ControlPlaneIntake
    ) async throws(ControlProblem) -> ControlAnswer {
        let stream = try request.stream("stream")
        guard let key = request.parameters["batch_key"], (1...255).contains(key.utf8.count) else {
            throw ControlProblem(.notFound, "There is no such batch.")
        }
        let producer = request.query["producer"] ?? PrincipalName.anonymous.rawValue
        let fate = await withCheckedContinuation { continuation in
            gateway.fate(of: key, producer: producer, in: stream) { continuation.resume(returning: $0) }
        }
        switch fate {
        case .known(let receipt): return .document(ReceiptDocument(receipt, producer: producer))
        case .unknown:
            throw ControlProblem(
                .notFound,
                "No batch of this producer with this key is known here; it was not taken, or its idempotency window is over."
            )
        case .undetermined(let detail): throw ControlProblem(.landingUnavailable, detail)
        }
    }

    private static func reload(
        _ request: ControlRequest, _ parts: ControlParts
    ) async throws(ControlProblem) -> ControlAnswer {
        var input = try InputReader(request.body)
        let reason = input.reason(required: false)
        try input.finish()
        switch await parts.reload() {
        case .success(let document):
            try await Orders(gateway: parts.gateway).write(
                TrailEntry(
                    .settingsReloaded, by: request.actor, reason: reason,
                    after: [
                        "applied": document.applied.joined(separator: " "),
                        "needs_restart": document.needs_restart.joined(separator: " "),
                    ]))
            return .document(document)
        case .failure(let refusal):
            parts.gateway.record(
                TrailEntry(
                    .reloadRefused, by: request.actor, reason: reason,
                    after: ["faults": refusal.faults.prefix(5).joined(separator: "; ")])
            ) { _ in }
            throw ControlProblem(
                .settingsFaulty, "\(refusal.faults.count) faults were found.", faults: refusal.faults)
        }
    }
}

/// The answer of `/readyz`.
struct HealthDocument: Codable, Sendable {
    var status: String
    var checks: [StatusDocument.Check]
}
