import Edge
import Gateway
import Model
import Testing

@Suite("Routes over real sockets") struct RoutesTests {
    @Test("a batch is handed over whole, with its key, format and coding, and gets the receipt")
    func receipt() async throws {
        try await withServer { server, intake in
            let client = WireClient(port: server.port)
            let key = "Idempotency-Key: \"order \\\"7\\\"\"\r\nContent-Encoding: GZIP\r\n"
            client.send(post("abc", type: "application/cloudevents+json; charset=UTF-8", extra: key))
            let answer = try #require(client.answer())
            #expect(answer.status == 202)
            #expect(answer.header("Content-Type") == "application/json")
            #expect(
                answer.body
                    == #"{"stream":"audit_logs","batch_key":"order \"7\"","durability":"journaled","replayed":false,"events":{"received":1,"accepted":1,"quarantined":0},"sequence":{"gateway":"test","incarnation":"0000000000009f3c","first":0,"last":0},"rejected":[],"idempotency_window_seconds":86400,"object":null}"#
            )
            let request = try #require(intake.requests.first)
            #expect(request.stream.rawValue == "audit_logs")
            #expect(request.idempotencyKey == "order \"7\"")
            #expect(request.format == .cloudEvent)
            #expect(request.coding == .gzip)
            #expect(intake.bodyTexts == ["abc"])
            #expect(intake.admissions == [3])
            #expect(await eventually { intake.ticketsOut == 0 })
        }
    }

    @Test("landed is 201, replayed is 200 with its header")
    func statuses() async throws {
        try await withServer { server, intake in
            let client = WireClient(port: server.port)
            intake.answer {
                var receipt = RecordingIntake.receipt(for: $0)
                receipt.durability = .landed
                receipt.sequence = nil
                receipt.object = "a/keyed/00/0.json.gz"
                return .receipt(receipt)
            }
            client.send(post())
            let landed = try #require(client.answer())
            #expect(landed.status == 201)
            #expect(landed.body.contains(#""sequence":null"#))
            #expect(landed.body.hasSuffix(#""object":"a/keyed/00/0.json.gz"}"#))
            intake.answer {
                var receipt = RecordingIntake.receipt(for: $0)
                receipt.replayed = true
                return .receipt(receipt)
            }
            client.send(post())
            let replayed = try #require(client.answer())
            #expect(replayed.status == 200)
            #expect(replayed.header("Idempotency-Replayed") == "true")
        }
    }

    @Test(
        "what the door refuses, it refuses with the right problem, and the connection goes on",
        arguments: [
            ("GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n", 404, "not-found"),
            ("GET /v1/streams/audit_logs/events HTTP/1.1\r\nHost: a\r\n\r\n", 405, "method-not-allowed"),
            (
                "POST /v1/streams/audit_logs/receipts/k HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 405,
                "method-not-allowed"
            ),
            (
                "POST /v1/streams/a/receipts/events HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 405,
                "method-not-allowed"
            ),
            ("GET /v1/streams/audit_logs/receipts/ HTTP/1.1\r\nHost: a\r\n\r\n", 404, "not-found"),
            ("GET /v1/streams/missing/receipts/k HTTP/1.1\r\nHost: a\r\n\r\n", 404, "unknown-stream"),
            ("GET /v1/streams/_ledger/receipts/k HTTP/1.1\r\nHost: a\r\n\r\n", 404, "unknown-stream"),
            ("GET /v1/streams/a/receipts/a/b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "invalid-idempotency-key"),
            ("GET /v1/streams/a/receipts/%0a HTTP/1.1\r\nHost: a\r\n\r\n", 400, "invalid-idempotency-key"),
            ("GET /v1/streams/a/receipts/%c3%a9 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "invalid-idempotency-key"),
            ("GET /v1/streams/a/receipts/%2 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "invalid-idempotency-key"),
            ("GET /v1/streams/a/receipts/%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400, "invalid-idempotency-key"),
            (
                "GET /v1/streams/a/receipts/\(String(repeating: "%41", count: 256)) HTTP/1.1\r\nHost: a\r\n\r\n", 400,
                "invalid-idempotency-key"
            ),
            (post(extra: "Sluice-Consistency: eventual\r\n"), 400, "invalid-consistency"),
            (post(extra: "Sluice-Consistency: \r\n"), 400, "invalid-consistency"),
            (
                post(path: "/v1/streams/strong/events", extra: "Sluice-Consistency: available\r\n"), 400,
                "invalid-consistency"
            ),
            ("POST /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi", 405, "method-not-allowed"),
            ("POST /v1/streams/audit_logs/events HTTP/1.1\r\nHost: a\r\n\r\n", 411, "length-required"),
            (post(path: "/v1/streams/missing/events"), 404, "unknown-stream"),
            (post(path: "/v1/streams/_ledger/events"), 404, "unknown-stream"),
            (post(path: "/v1/streams/audit%5flogs/events"), 404, "unknown-stream"),
            (post(path: "/v1/streams/../events"), 404, "unknown-stream"),
            (post(path: "/v1/streams/a/../b/events"), 404, "unknown-stream"),
            (post(path: "/v1/streams/Audit/events"), 404, "unknown-stream"),
            (post(path: "/v1/streams/%2e%2e%2fetc/events"), 404, "unknown-stream"),
            (post(path: "/v1/streams//events"), 404, "not-found"),
            (post(type: "text/html"), 415, "unsupported-media-type"),
            (post(type: nil), 415, "unsupported-media-type"),
            (post(type: "application/json; charset=latin1"), 415, "unsupported-media-type"),
            (post(extra: "Content-Encoding: br\r\n"), 415, "unsupported-encoding"),
            (post(extra: "Content-Encoding: gzip, gzip\r\n"), 415, "unsupported-encoding"),
            (post(extra: "Idempotency-Key: \"\"\r\n"), 400, "invalid-idempotency-key"),
            (post(extra: "Idempotency-Key: a b\r\n"), 400, "invalid-idempotency-key"),
            (post(extra: "Expect: tea\r\n"), 417, "expectation-failed"),
        ])
    func refusals(request: String, status: Int, slug: String) async throws {
        try await withServer { server, intake in
            let client = WireClient(port: server.port)
            client.send(request)
            let answer = try #require(client.answer())
            #expect(answer.status == status)
            #expect(answer.header("Content-Type") == "application/problem+json")
            #expect(answer.body.hasPrefix("{\"type\":\"urn:sluice:problem:\(slug)\",\"title\":"))
            #expect(intake.requests.isEmpty)
            client.send(post())
            #expect(client.answer()?.status == 202)
        }
    }

    @Test("a receipt is asked for by its percent-decoded key, answered 200, and needs no body")
    func lookUps() async throws {
        try await withServer { server, intake in
            let client = WireClient(port: server.port)
            let keys = ["k", "events", "a b/c%\"", String(repeating: "~", count: 255)]
            let targets = ["k", "events", "a%20b%2Fc%25%22", String(repeating: "%7e", count: 255)]
            for target in targets {
                client.send("GET /v1/streams/audit_logs/receipts/\(target)?x=1 HTTP/1.1\r\nHost: a\r\n\r\n")
                let unknown = try #require(client.answer())
                #expect(unknown.status == 404 && unknown.body.contains(#""idempotency_window_seconds":60"#))
            }
            #expect(intake.receiptRequests.map(\.batchKey) == keys)
            #expect(
                intake.receiptRequests.allSatisfy { $0.producer == "anonymous" && $0.stream.rawValue == "audit_logs" })
            intake.find { request in
                var receipt = RecordingIntake.receipt(
                    for: BatchRequest(
                        stream: request.stream, producer: request.producer, idempotencyKey: request.batchKey,
                        format: .ndjson, coding: .identity, body: BodyBuffer(capacity: 0),
                        receivedAt: Timestamp(microseconds: 0), deadline: request.deadline))
                receipt.replayed = true
                receipt.durability = .landed
                return .receipt(receipt)
            }
            let get = "GET /v1/streams/audit_logs/receipts/k HTTP/1.1\r\nHost: a\r\n"
            for round in 0..<3 {
                client.send("\(get)Content-Length: 5\r\n\r\nhello")
                let found = try #require(client.answer())
                #expect(found.status == 200 && found.body.contains(#""durability":"landed""#), "round \(round)")
                #expect(found.header("Idempotency-Replayed") == nil)
                client.send(get.replacing("GET", with: "HEAD") + "\r\n")
                #expect(client.answer(hasBody: false)?.status == 200)
            }
            intake.find { _ in .refused(.batchInFlight(retryAfter: .seconds(1))) }
            client.send(get + "\r\n" + post())
            let busy = try #require(client.answer())
            #expect(busy.status == 409 && busy.header("Retry-After") == "1")
            #expect(client.answer()?.status == 202, "what was sent behind it is served")
            #expect(intake.requests.count == 1)
        }
    }

    @Test("what a request asks for goes with the batch, and never falls below the stream's mode")
    func consistency() async throws {
        try await withServer { server, intake in
            let client = WireClient(port: server.port)
            for (path, field) in [
                ("audit_logs", ""), ("audit_logs", "Sluice-Consistency: available\r\n"),
                ("audit_logs", "sluice-consistency: strong\r\n"), ("strong", ""),
                ("strong", "Sluice-Consistency: strong\r\n"),
            ] {
                client.send(post(path: "/v1/streams/\(path)/events", extra: field))
                #expect(client.answer()?.status == 202)
            }
            #expect(intake.requests.map(\.consistency) == [.available, .available, .strong, .strong, .strong])
            intake.answer { request in
                request.bodyDone()
                return .refused(.landingPending(.late, retryAfter: .seconds(5)))
            }
            client.send(post(extra: "Sluice-Consistency: strong\r\n"))
            let pending = try #require(client.answer())
            #expect(pending.status == 503 && pending.header("Retry-After") == "5")
            #expect(pending.body.contains("journaled"))
            #expect(await eventually { intake.ticketsOut == 0 })
        }
    }

    @Test("405 names the methods, 415 what is taken, 503 when to retry")
    func telltales() async throws {
        try await withServer { server, intake in
            let client = WireClient(port: server.port)
            client.send("DELETE /v1/streams/a/events HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(client.answer()?.header("Allow") == "POST")
            client.send("PUT /readyz HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(client.answer()?.header("Allow") == "GET, HEAD")
            client.send(post(type: "text/plain"))
            #expect(client.answer()?.header("Accept-Post")?.contains("application/x-ndjson") == true)
            client.send(post(extra: "Content-Encoding: br\r\n"))
            #expect(client.answer()?.header("Accept-Encoding") == "gzip, zstd, identity")
            intake.answer { _ in .refused(.journalFull(retryAfter: .milliseconds(1200))) }
            client.send(post())
            let full = try #require(client.answer())
            #expect(full.status == 503)
            #expect(full.header("Retry-After") == "2")
            intake.answer { _ in .refused(.overloaded(retryAfter: .zero)) }
            client.send(post())
            #expect(client.answer()?.header("Retry-After") == "1")
        }
    }

    @Test("health pages say ok, and verbose ones why")
    func health() async throws {
        try await withServer { server, intake in
            let client = WireClient(port: server.port)
            client.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(client.answer()?.body == "ok\n")
            client.send("HEAD /livez HTTP/1.1\r\nHost: a\r\n\r\n")
            let head = try #require(client.answer(hasBody: false))
            #expect(head.status == 200 && head.header("Content-Length") == "3")
            client.send("GET /readyz?verbose HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(client.answer()?.body.contains(#""status":"ok""#) == true)
            intake.setReady(false)
            client.send("GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n")
            let unready = try #require(client.answer())
            #expect(unready.status == 503)
            #expect(unready.body.contains(#"{"name":"journal","ok":false,"detail":"disk \"full\""}"#))
            client.send("GET http://gateway/livez HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(client.answer()?.status == 200)
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(client.answer()?.body.contains("openapi.yaml") == true)
        }
    }

    @Test("a valid traceparent comes back; an invalid one, and everything else a client sends, does not")
    func nothingEchoed() async throws {
        try await withServer { server, _ in
            let client = WireClient(port: server.port)
            let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
            client.send(post(extra: "traceparent: \(trace)\r\n"))
            #expect(client.answer()?.header("traceparent") == trace)
            let odd = "traceparent: \(trace)evil\r\nX-Evil: <script>\r\nIdempotency-Key: <evil>\r\n"
            client.send(post(path: "/v1/streams/<evil>%0d%0aSet-Cookie:evil/events", type: "evil/evil", extra: odd))
            client.send("GET /evil HTTP/1.1\r\nHost: evil\r\n\r\n")
            client.send(post(extra: "Idempotency-Key: <evil>\r\nConnection: close\r\n"))
            #expect(client.rest().contains("evil") == false)
        }
    }
}
