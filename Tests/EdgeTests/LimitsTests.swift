import Gateway
import Model
import Testing

@testable import Edge

@Suite("Limits, each at N and at N + 1") struct LimitsTests {
    /// The status of one request, and whether the connection was closed with it.
    private func status(_ request: String, limits: (inout EdgeLimits) -> Void) async throws -> (Int?, Bool?) {
        var result: (Int?, Bool?)
        try await withServer(intake: RecordingIntake(maxBodyBytes: 1000), limits: limits) { server, _ in
            let client = WireClient(port: server.port)
            client.send(request)
            let answer = client.answer()
            result = (answer?.status, answer?.isClosing)
        }
        return result
    }

    @Test("the head's bytes: target, names and values", arguments: [(0, 202), (1, 431)])
    func headBytes(over: Int, expected: Int) async throws {
        let path = "/v1/streams/audit_logs/events"
        let known =
            path.utf8.count + "Host".utf8.count + "gateway".utf8.count + "Content-Type".utf8.count
            + "application/x-ndjson".utf8.count + "Content-Length".utf8.count + 1 + "X-Pad".utf8.count
        let padding = String(repeating: "p", count: 2048 - known + over)
        let result = try await status(post(extra: "X-Pad: \(padding)\r\n")) { $0.headBytes = 2048 }
        #expect(result.0 == expected)
        #expect(result.1 == (expected == 431))
    }

    @Test("padding between fields counts towards the head, twice its limit at most")
    func padding() async throws {
        try await withServer(limits: { $0.headBytes = 2048 }) { server, _ in
            let client = WireClient(port: server.port)
            client.send("GET / HTTP/1.1\r\nHost: a\r\nX-Pad:" + String(repeating: " ", count: 4096))
            #expect(client.answer()?.status == 431)
        }
    }

    @Test("the target", arguments: [(0, 404), (1, 414)])
    func target(over: Int, expected: Int) async throws {
        let path = "/" + String(repeating: "a", count: 511 + over)
        #expect(try await status("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n") { $0.targetBytes = 512 }.0 == expected)
    }

    @Test("a target longer than the whole head may be is 414 too")
    func hugeTarget() async throws {
        let path = "/" + String(repeating: "a", count: 12_000)
        #expect(try await status("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n") { $0.headBytes = 4096 }.0 == 414)
    }

    @Test("the number of fields", arguments: [(0, 202), (1, 431)])
    func headerCount(over: Int, expected: Int) async throws {
        let extra = (0..<(17 + over)).map { "X-\($0): v\r\n" }.joined()
        #expect(try await status(post(extra: extra)) { $0.headerCount = 20 }.0 == expected)
    }

    @Test("a body with Content-Length: one byte too many is 413 before any of it is read")
    func bodyLength() async throws {
        try await withServer(intake: RecordingIntake(maxBodyBytes: 1000)) { server, intake in
            let client = WireClient(port: server.port)
            client.send(post(String(repeating: "x", count: 1000)))
            #expect(client.answer()?.status == 202)
            client.send(post("", length: "1001"))
            let refused = try #require(client.answer())
            #expect(refused.status == 413)
            #expect(refused.body.contains(#""limit_bytes":1000"#))
            #expect(intake.admissions == [1000])
            client.send(String(repeating: "x", count: 1001) + post())
            #expect(client.answer()?.status == 202)
        }
    }

    @Test("a large refused body ends the connection, and the answer still arrives")
    func largeRefused() async throws {
        try await withServer(intake: RecordingIntake(maxBodyBytes: 1000)) { server, intake in
            let client = WireClient(port: server.port)
            client.send(post("", length: "1000000"))
            #expect(client.send([UInt8](repeating: 120, count: 1_000_000)))
            let answer = try #require(client.answer())
            #expect(answer.status == 413 && answer.isClosing)
            client.endOutput()
            #expect(client.closes())
            #expect(!client.wasReset)
            #expect(intake.admissions.isEmpty)
        }
    }

    @Test("a chunked body at its limit, and one byte over", arguments: [(0, 202), (1, 413)])
    func chunkedBody(over: Int, expected: Int) async throws {
        try await withServer(intake: RecordingIntake(maxBodyBytes: 1000)) { server, intake in
            let client = WireClient(port: server.port)
            let head = "POST /v1/streams/a/events HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            let last = String(repeating: "y", count: 500 + over)
            client.send(head + "Transfer-Encoding: chunked\r\n\r\n1f4;ext=1\r\n" + String(repeating: "x", count: 500))
            client.send("\r\n\(String(500 + over, radix: 16))\r\n\(last)\r\n0\r\nTrailer: 1\r\n\r\n")
            #expect(client.answer()?.status == expected)
            #expect(intake.admissions == [1000])
            #expect(intake.bodySizes == (over == 0 ? [1000] : []))
            #expect(await eventually { intake.ticketsOut == 0 })
        }
    }

    @Test("connections: one too many is told so and closed, and a place that comes free is given")
    func connections() async throws {
        try await withServer(limits: { $0.connections = 2 }) { server, _ in
            let first = WireClient(port: server.port)
            first.send(post())
            #expect(first.answer()?.status == 202)
            do {
                let second = WireClient(port: server.port)
                second.send(post())
                #expect(second.answer()?.status == 202)
                let third = WireClient(port: server.port)
                #expect(third.answer()?.status == 503)
                #expect(third.closes())
            }
            #expect(await eventually { server.connectionCount == 1 })
            let fourth = WireClient(port: server.port)
            fourth.send(post())
            #expect(fourth.answer()?.status == 202)
        }
    }

    @Test("a flood of connections is turned away or waits, and a served one never notices")
    func flood() async throws {
        try await withServer(limits: { $0.connections = 1 }) { server, _ in
            let served = WireClient(port: server.port)
            served.send(post())
            #expect(served.answer()?.status == 202)
            let flood = (0..<200).map { _ in WireClient(port: server.port) }
            for client in flood {
                let answer = client.answer()
                #expect(answer?.status == 503 && answer?.header("Retry-After") == "5")
            }
            served.send(post())
            #expect(served.answer()?.status == 202)
        }
    }

    @Test("connections keep clear of the descriptors' limit")
    func descriptors() {
        func budget(_ available: Int) -> DescriptorBudget {
            DescriptorBudget(available: available, own: 58, wanted: 10_000, control: 256)
        }
        #expect(budget(58 + 10_000 + 256 + 64).connections == 10_000)
        #expect(budget(58 + 10_000 + 256 + 63).connections == 9_999)
        for available in 64...20_000 {
            let budget = budget(available)
            #expect(58 + budget.connections + budget.controlConnections + budget.margin <= available)
        }
        #expect(DescriptorBudget(available: 64, own: 58, wanted: 10_000, control: 0).controlConnections == 0)
        #expect(budget(10) == budget(64), "less than that goes round with what the process happens not to need")
    }

    @Test("a head that drips past its deadline is 408; a silent connection is closed without a word")
    func headDeadline() async throws {
        try await withServer(limits: { $0.headDeadline = .milliseconds(300) }) { server, _ in
            let silent = WireClient(port: server.port)
            let slow = WireClient(port: server.port)
            for byte in "GET / H".utf8 {
                slow.send([byte])
                try await Task.sleep(for: .milliseconds(60))
            }
            #expect(slow.answer()?.status == 408)
            #expect(slow.closes())
            #expect(silent.closes())
        }
    }

    @Test("a body past its deadline is 408, however steadily it drips, and gives its room back")
    func bodyDeadline() async throws {
        try await withServer(limits: { $0.bodyDeadline = .milliseconds(300) }) { server, intake in
            let client = WireClient(port: server.port)
            client.send(post("", length: "100"))
            for _ in 0..<7 {
                client.send("x")
                try await Task.sleep(for: .milliseconds(60))
            }
            #expect(client.answer()?.status == 408)
            #expect(await eventually { intake.ticketsOut == 0 })
            #expect(intake.requests.isEmpty)
        }
    }

    @Test("a body slower than the least rate is 408 once the grace is over")
    func bodyRate() async throws {
        let limits: (inout EdgeLimits) -> Void = {
            $0.bodyGrace = .milliseconds(200)
            $0.bodyBytesPerSecond = 1000
        }
        try await withServer(limits: limits) { server, _ in
            let slow = WireClient(port: server.port)
            slow.send(post("", length: "1000") + String(repeating: "x", count: 100))
            #expect(slow.answer()?.status == 408)
        }
    }

    @Test("an idle keep-alive connection is closed")
    func idle() async throws {
        try await withServer(limits: { $0.keepAliveIdle = .milliseconds(200) }) { server, _ in
            let client = WireClient(port: server.port)
            client.send(post())
            #expect(client.answer()?.status == 202)
            #expect(client.closes())
        }
    }

    @Test("a request that gets no room in time is 503 with Retry-After")
    func admissionWait() async throws {
        try await withServer(limits: { $0.admissionWait = .milliseconds(200) }) { server, intake in
            intake.withholdRoom(true)
            let client = WireClient(port: server.port)
            client.send(post())
            let answer = try #require(client.answer())
            #expect(answer.status == 503 && answer.header("Retry-After") == "1")
            #expect(intake.cancellations == 1)
        }
    }
}
