import Edge
import Gateway
import Model
import Foundation
import Logging
import Testing

@Suite("Connections") struct ConnectionTests {
    @Test("pipelined requests are taken one at a time and answered in order")
    func pipelining() async throws {
        try await withServer { server, intake in
            intake.withholdAnswers(true)
            let client = WireClient(port: server.port)
            let requests = (0..<3).map { post("\($0)", extra: "Idempotency-Key: k\($0)\r\n") }.joined()
            client.send(requests + "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
            for index in 0..<3 {
                #expect(await eventually { intake.requests.count == index + 1 })
                try await Task.sleep(for: .milliseconds(20))
                #expect(intake.requests.count == index + 1)
                intake.answerAll()
                #expect(client.answer()?.body.contains("\"batch_key\":\"k\(index)\"") == true)
            }
            #expect(client.answer()?.body == "ok\n")
            #expect(intake.bodyTexts == ["0", "1", "2"])
        }
    }

    @Test("thousands of small pipelined requests are answered, without recursion")
    func manyPipelined() async throws {
        try await withServer { server, _ in
            let client = WireClient(port: server.port)
            let count = 5000
            client.send(
                String(repeating: "GET /x HTTP/1.1\r\nHost: a\r\n\r\n", count: count)
                    + post(extra: "Connection: close\r\n"))
            let text = client.rest()
            #expect(text.components(separatedBy: "HTTP/1.1 404 ").count == count + 1)
            #expect(text.contains("HTTP/1.1 202 "))
        }
    }

    @Test("HTTP/1.0 closes, unless it asks to stay; HTTP/1.1 stays, unless it asks to close")
    func keepAlive() async throws {
        try await withServer { server, _ in
            let old = WireClient(port: server.port)
            old.send(post(version: "1.0", extra: "Connection: keep-alive\r\n"))
            #expect(old.answer()?.header("Connection") == "keep-alive")
            old.send(post(version: "1.0"))
            #expect(old.answer()?.isClosing == true)
            #expect(old.closes())
            let new = WireClient(port: server.port)
            for _ in 0..<3 {
                new.send(post())
                #expect(new.answer()?.header("Connection") == nil)
            }
            new.send(post(extra: "Connection: close\r\n"))
            #expect(new.answer()?.isClosing == true)
            #expect(new.closes())
        }
    }

    @Test("an offer to upgrade (as Java's client makes) is declined, and the body is still read")
    func upgrade() async throws {
        try await withServer { server, intake in
            let client = WireClient(port: server.port)
            client.send(
                post("{}", extra: "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: A\r\n"))
            let answer = try #require(client.answer())
            #expect(answer.status == 202 && answer.isClosing)
            #expect(intake.bodyTexts == ["{}"])
        }
    }

    @Test("a large body arrives whole, however it is cut")
    func largeBody() async throws {
        try await withServer(intake: RecordingIntake(maxBodyBytes: 8 << 20)) { server, intake in
            let client = WireClient(port: server.port)
            let body = String((0..<400_000).map { "\($0)," }.joined().prefix(2_500_000))
            client.send(post(body) + post(body, extra: "Connection: close\r\n"))
            #expect(client.answer()?.status == 202)
            #expect(client.answer()?.status == 202)
            #expect(intake.bodyTexts == [body, body])
        }
    }

    @Test("100 Continue is sent once room is granted, and not before")
    func expect() async throws {
        try await withServer(limits: { $0.lingerTime = .milliseconds(100) }) { server, intake in
            intake.withholdRoom(true)
            let client = WireClient(port: server.port)
            client.send(post("", length: "2", extra: "Expect: 100-Continue\r\n"))
            #expect(await eventually { intake.waiting == 1 })
            let impatient = WireClient(port: server.port, timeout: 1)
            impatient.send(post("", length: "2", extra: "Expect: 100-continue\r\n"))
            #expect(impatient.answer() == nil)
            intake.grantAll()
            #expect(client.answer()?.status == 100)
            client.send("{}")
            #expect(client.answer()?.status == 202)
        }
    }

    @Test("a refused expectation gets the final status at once, and the connection ends")
    func expectRefused() async throws {
        try await withServer { server, _ in
            for request in [
                post("", type: "text/html", length: "2", extra: "Expect: 100-continue\r\n"),
                post("", length: "99999999", extra: "Expect: 100-continue\r\n"),
            ] {
                let client = WireClient(port: server.port)
                client.send(request)
                let answer = try #require(client.answer())
                #expect(answer.status == 415 || answer.status == 413)
                #expect(answer.isClosing)
            }
        }
    }

    @Test("while room is withheld the server reads no body: the peer's socket fills up")
    func backPressure() async throws {
        let size = 64 << 20
        try await withServer(intake: RecordingIntake(maxBodyBytes: size)) { server, intake in
            intake.withholdRoom(true)
            let client = WireClient(port: server.port)
            client.send(post("", length: String(size)))
            let taken = client.sendUntilBlocked(limit: size)
            // What the two kernel buffers hold; an unheld server takes all 64 MiB.
            #expect(taken < size / 2)
            intake.grantAll()
            let rest = client.sendUntilBlocked(limit: size - taken, pause: 5)
            #expect(taken + rest == size)
            #expect(client.answer()?.status == 202)
            #expect(intake.bodySizes == [size])
            #expect(await eventually { intake.ticketsOut == 0 })
        }
    }

    @Test("a peer that leaves while waiting for room, in its body or while processed leaves nothing behind")
    func abandoned() async throws {
        try await withServer { server, intake in
            intake.withholdRoom(true)
            do {
                let client = WireClient(port: server.port)
                client.send(post("", length: "10") + "123")
                #expect(await eventually { intake.waiting == 1 })
            }
            #expect(await eventually { intake.cancellations == 1 })
            intake.withholdRoom(false)
            do {
                let client = WireClient(port: server.port)
                client.send(post("", length: "10") + "123")
                #expect(await eventually { intake.ticketsOut == 1 })
            }
            #expect(await eventually { intake.ticketsOut == 0 })
            intake.withholdAnswers(true)
            do {
                let client = WireClient(port: server.port)
                client.send(post())
                #expect(await eventually { intake.requests.count == 1 })
            }
            // The batch is still in flight, so its room is still taken.
            try await Task.sleep(for: .milliseconds(50))
            #expect(intake.ticketsOut == 1)
            intake.answerAll()
            #expect(await eventually { intake.ticketsOut == 0 && server.connectionCount == 0 })
        }
    }

    @Test("a peer that has closed its half still gets its answers")
    func halfClose() async throws {
        try await withServer { server, intake in
            intake.withholdAnswers(true)
            let client = WireClient(port: server.port)
            client.send(post() + post())
            client.endOutput()
            #expect(await eventually { intake.requests.count == 1 })
            intake.withholdAnswers(false)
            intake.answerAll()
            #expect(client.answer()?.status == 202)
            #expect(client.answer()?.status == 202)
            #expect(client.closes())
        }
    }

    @Test("stopping closes idle connections at once, and lets a request in flight end with Connection: close")
    func gracefulStop() async throws {
        let intake = RecordingIntake()
        try await withServer(intake: intake) { server, _ in
            let idle = WireClient(port: server.port)
            idle.send(post())
            #expect(idle.answer()?.status == 202)
            intake.withholdAnswers(true)
            let busy = WireClient(port: server.port)
            busy.send(post())
            #expect(await eventually { intake.requests.count == 2 })
            async let stopped: Void = server.stop(deadline: .seconds(10))
            #expect(idle.closes())
            // The word to stop reaches the connections one after the other.
            try await Task.sleep(for: .milliseconds(100))
            intake.answerAll()
            let answer = try #require(busy.answer())
            #expect(answer.status == 202 && answer.isClosing)
            #expect(busy.closes())
            await stopped
        }
    }

    @Test("at the stop's deadline what is still open is closed")
    func stopDeadline() async throws {
        let intake = RecordingIntake()
        try await withServer(intake: intake) { server, _ in
            intake.withholdAnswers(true)
            let client = WireClient(port: server.port)
            client.send(post())
            #expect(await eventually { intake.requests.count == 1 })
            let start = ContinuousClock.now
            await server.stop(deadline: .milliseconds(200))
            #expect(ContinuousClock.now - start < .seconds(10))
            #expect(client.closes())
            intake.answerAll()
            #expect(await eventually { intake.ticketsOut == 0 })
        }
    }

    @Test("a port in use is an error that names the address")
    func portInUse() async throws {
        try await withServer { server, intake in
            var configuration = EdgeConfiguration()
            configuration.port = server.port
            configuration.loops = 1
            await #expect(throws: EdgeError.self) {
                _ = try await EdgeServer.start(configuration: configuration, intake: intake, logger: .init(label: "t"))
            }
        }
    }
}
