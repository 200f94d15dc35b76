import Curl
import Glibc
import ScriptedServer
import Synchronization
import Testing

@Suite struct CurlClientTests {
    private let client = CurlClient()

    @Test func aRequestArrivesAsItWasGivenAndTheResponseComesBackWhole() throws {
        let server = ScriptedServer { _ in
            .response(201, headers: [("ETag", "\"x\""), ("X-Two", " padded ")], body: Array("hello".utf8))
        }
        defer { server.stop() }
        let request = HTTPRequest(
            "POST", server.url + "/a%20b/../c?q=1", headers: [HTTPField("X-One", "1"), HTTPField("X-Empty", "")],
            body: .bytes(Array("body".utf8)))
        let response = try client.sendAndWait(request).get()
        #expect(response.status == 201)
        #expect(response.header("etag") == "\"x\"" && response.header("X-TWO") == "padded")
        #expect(response.body == Array("hello".utf8))
        let seen = try #require(server.requests.first)
        #expect(seen.method == "POST" && seen.target == "/a%20b/../c?q=1" && seen.body == Array("body".utf8))
        #expect(seen.header("X-One") == "1" && seen.header("X-Empty") == "")
        #expect(seen.header("Expect") == nil && seen.header("Accept") == nil)
    }

    @Test func aLargeBodyIsReadFromItsSourcePieceByPiece() throws {
        let server = ScriptedServer { _ in .response(200) }
        defer { server.stop() }
        let source = Numbers(length: 3_000_001)
        let response = try client.sendAndWait(HTTPRequest("PUT", server.url + "/big", body: .source(source))).get()
        #expect(response.status == 200)
        let seen = try #require(server.requests.first)
        #expect(seen.header("Content-Length") == "3000001" && seen.header("Transfer-Encoding") == nil)
        #expect(seen.body.count == 3_000_001 && seen.body.indices.allSatisfy { seen.body[$0] == Numbers.byte(at: $0) })
        #expect(source.largestRead.withLock { $0 } <= 512 << 10)
    }

    @Test func everyMethodWithoutABodyIsSentAsItIs() throws {
        let server = ScriptedServer { _ in .response(200, body: Array("x".utf8)) }
        defer { server.stop() }
        for method in ["GET", "HEAD", "PUT", "POST", "DELETE"] {
            let response = try client.sendAndWait(HTTPRequest(method, server.url + "/")).get()
            #expect(response.status == 200 && response.body == (method == "HEAD" ? [] : Array("x".utf8)))
        }
        #expect(server.requests.map(\.method) == ["GET", "HEAD", "PUT", "POST", "DELETE"])
        #expect(Set(server.requests.map(\.connection)) == [1], "one connection is used again and again")
    }

    @Test func aBodyIsNeverSentAgainOnAFreshConnectionByLibcurlItself() throws {
        // The first exchange leaves a kept connection; the server hangs up on the second request after reading it.
        let server = ScriptedServer { $0.target == "/dies" ? .hangUp : .response(200) }
        defer { server.stop() }
        _ = try client.sendAndWait(HTTPRequest("GET", server.url + "/first")).get()
        let result = client.sendAndWait(HTTPRequest("PUT", server.url + "/dies", body: .bytes([1, 2, 3])))
        guard case .failure(.unanswered) = result else {
            Issue.record("\(result)")
            return
        }
        #expect(server.requests.filter { $0.target == "/dies" }.count == 1)
    }

    @Test func aConnectionThatIsRefusedProvesThatNothingWasSent() {
        let server = ScriptedServer { _ in .hangUp }
        let url = server.url
        server.stop()
        guard case .failure(.notSent) = client.sendAndWait(HTTPRequest("PUT", url, body: .bytes([1]))) else {
            Issue.record("a refused connection is not an unknown outcome")
            return
        }
    }

    @Test func aNameThatCannotBeResolvedFailsAsOftenAsItIsTried() throws {
        for _ in 0..<3 {
            guard case .failure(.notSent) = client.sendAndWait(HTTPRequest("GET", "http://nowhere.invalid/")) else {
                Issue.record("nothing was sent")
                return
            }
        }
        let server = ScriptedServer { _ in .response(200) }
        defer { server.stop() }
        #expect(try client.sendAndWait(HTTPRequest("GET", server.url)).get().status == 200)
    }

    @Test func aServerThatFallsSilentIsGivenUpAfterTheStallLimit() {
        let server = ScriptedServer { _ in .silence(.seconds(20)) }
        defer { server.stop() }
        var request = HTTPRequest("PUT", server.url, body: .bytes([1]))
        request.limits.stall = .seconds(1)
        let clock = ContinuousClock()
        let elapsed = clock.measure {
            guard case .failure(.unanswered) = client.sendAndWait(request) else {
                Issue.record("a silent server is an unknown outcome")
                return
            }
        }
        #expect(elapsed < .seconds(15))
    }

    @Test func aResponseOverItsLimitIsAFailureAndOneAtTheLimitIsNot() throws {
        let server = ScriptedServer { _ in .response(200, body: [UInt8](repeating: 7, count: 1000)) }
        defer { server.stop() }
        var request = HTTPRequest("GET", server.url)
        request.limits.responseMaxBytes = 1000
        #expect(try client.sendAndWait(request).get().body.count == 1000)
        request.limits.responseMaxBytes = 999
        #expect(throws: HTTPFailure.self) { try client.sendAndWait(request).get() }
    }

    @Test func aSourceThatIsShorterThanItSaidFailsAsTheBodys() {
        let server = ScriptedServer { _ in .response(200) }
        defer { server.stop() }
        let source = Numbers(length: 1000, there: 400)
        guard
            case .failure(.body(let detail)) = client.sendAndWait(HTTPRequest("PUT", server.url, body: .source(source)))
        else {
            Issue.record("half a body must not look sent")
            return
        }
        #expect(detail.contains("400 of 1000"))
        #expect(server.requests.isEmpty)
    }

    @Test func atMostTheSetNumberIsUnderWayAtOnce() {
        let running = Mutex((now: 0, most: 0))
        let server = ScriptedServer { _ in
            running.withLock { running in
                running.now += 1
                running.most = max(running.most, running.now)
            }
            usleep(20_000)
            running.withLock { $0.now -= 1 }
            return .response(200)
        }
        defer { server.stop() }
        var options = CurlOptions()
        options.concurrencyMax = 3
        let narrow = CurlClient(options)
        let answers = (0..<12).map { _ in Answer<Bool>() }
        for answer in answers {
            narrow.send(HTTPRequest("GET", server.url)) { answer.give((try? $0.get().status) == 200) }
        }
        #expect(answers.allSatisfy { $0.wait() })
        #expect(running.withLock(\.most) <= 3)
    }

    @Test func stoppingAnswersEverythingUnderWay() {
        let server = ScriptedServer { _ in .silence(.seconds(3)) }
        defer { server.stop() }
        let own = CurlClient()
        let answer = Answer<Result<HTTPResponse, HTTPFailure>>()
        own.send(HTTPRequest("GET", server.url)) { answer.give($0) }
        while server.requests.isEmpty { usleep(1000) }
        own.stop()
        #expect(throws: HTTPFailure.unanswered("cut off: the gateway is stopping")) { try answer.wait().get() }
        #expect(throws: HTTPFailure.notSent("the HTTP client has stopped")) {
            try own.sendAndWait(HTTPRequest("GET", server.url)).get()
        }
    }
}
