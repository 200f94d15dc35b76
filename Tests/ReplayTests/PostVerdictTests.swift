import Curl
import Model
import Replay
import ScriptedServer
import Synchronization
import Testing

@Suite struct PostVerdictTests {
    private func verdict(
        _ status: Int, _ body: String = "", _ headers: [(String, String)] = []
    ) -> PostVerdict {
        PostVerdict(
            HTTPResponse(
                status: status, headers: headers.map { HTTPField($0.0, $0.1) }, body: Array(body.utf8)))
    }

    private static func receipt(_ accepted: Int, _ quarantined: Int, replayed: Bool) -> String {
        "{\"replayed\":\(replayed),\"events\":{\"received\":\(accepted + quarantined),\"accepted\":\(accepted),"
            + "\"quarantined\":\(quarantined)}}"
    }

    @Test("receipts: taken, or known already")
    func receipts() {
        #expect(verdict(202, Self.receipt(5, 1, replayed: false)) == .taken(events: 5, quarantined: 1))
        #expect(verdict(201, Self.receipt(5, 0, replayed: false)) == .taken(events: 5, quarantined: 0))
        #expect(verdict(200, Self.receipt(5, 0, replayed: true)) == .known)
        guard case .hopeless = verdict(200, "<html>") else {
            Issue.record("a proxy's page is no receipt")
            return
        }
    }

    @Test("problems: another body under the key is known; the rest is refused, tried again or hopeless")
    func problems() {
        #expect(verdict(422, #"{"type":"urn:sluice:problem:key-reused"}"#) == .known)
        #expect(
            verdict(422, #"{"type":"urn:sluice:problem:invalid-events","detail":"all bad"}"#)
                == .refused("422 urn:sluice:problem:invalid-events: all bad"))
        #expect(verdict(413) == .refused("413"))
        #expect(verdict(503, "", [("Retry-After", "7")]) == .again(after: .seconds(7), "503"))
        #expect(verdict(429, "", [("Retry-After", "99999")]) == .again(after: .seconds(3600), "429"))
        #expect(verdict(409, "", [("Retry-After", "1")]) == .again(after: .seconds(1), "409"))
        #expect(verdict(502) == .again(after: nil, "502"))
        for status in [401, 403, 404] { #expect(verdict(status) == .hopeless("\(status)")) }
    }

    private func batch(_ key: String) -> LandedBatch {
        LandedBatch(
            stream: StreamName("logs")!, producer: "p", key: key, receivedAt: Timestamp(microseconds: 0), events: 1,
            placeholders: 0, contentType: "application/x-ndjson", body: Array("{}\n".utf8))
    }

    @Test("a batch is tried again until it gets an answer, with its own key and bytes each time")
    func retries() async {
        let replies = Mutex<[ScriptedServer.Reply]>([
            .response(503, headers: [("Retry-After", "0")]), .hangUp, .response(500),
            .response(202, body: Array(Self.receipt(1, 0, replayed: false).utf8)),
        ])
        let server = ScriptedServer { _ in replies.withLock { $0.removeFirst() } }
        defer { server.stop() }
        let http = CurlClient()
        let poster = BatchPoster(http, url: server.url, apiKey: "secret")
        #expect(await poster.post(batch(#"a"b\c"#)) == .taken(events: 1, quarantined: 0))
        #expect(server.requests.count == 4)
        for request in server.requests {
            #expect(request.target == "/v1/streams/logs/events" && request.body == Array("{}\n".utf8))
            #expect(request.header("Idempotency-Key") == #""a\"b\\c""#)
            #expect(request.header("Authorization") == "Bearer secret")
        }
    }

    @Test("patience ends")
    func patience() async {
        let server = ScriptedServer { _ in .response(503) }
        defer { server.stop() }
        let poster = BatchPoster(CurlClient(), url: server.url, patience: .milliseconds(300))
        guard case .hopeless(let reason) = await poster.post(batch("k")) else {
            Issue.record("it should have been given up")
            return
        }
        #expect(reason.contains("503"))
    }

    @Test("the pace holds, and idle time is no credit")
    func pace() {
        var pace = Pace(eventsPerSecond: 100)
        let start = MonotonicInstant(nanoseconds: 0)
        #expect(pace.delay(events: 50, now: start) == .zero)
        #expect(pace.delay(events: 50, now: start) == .milliseconds(500))
        #expect(pace.delay(events: 50, now: start + .seconds(60)) == .zero)
        #expect(pace.delay(events: 50, now: start + .seconds(60)) == .milliseconds(500))
        var free = Pace(eventsPerSecond: 0)
        #expect(free.delay(events: 1_000_000, now: start) == .zero && free.delay(events: 1, now: start) == .zero)
    }
}
