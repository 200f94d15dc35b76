import Gateway
import Model
import NIOHTTP1
import Testing

@testable import Edge

/// What the parser refuses too is checked here without it: neither check may lean on the other.
@Suite("The request inspector") struct RequestInspectorTests {
    private let inspector = RequestInspector(limits: EdgeLimits()) { name in
        name.rawValue == "a" ? StreamDoor(maxBodyBytes: 1000) : nil
    }

    private func inspect(
        _ fields: [(String, String)], target: String = "/v1/streams/a/events", version: HTTPVersion = .http1_1
    ) -> (facts: RequestFacts, verdict: RequestVerdict) {
        let known = [("Host", "a"), ("Content-Type", "application/json")]
        return inspector.inspect(
            HTTPRequestHead(version: version, method: .POST, uri: target, headers: HTTPHeaders(known + fields)))
    }

    private func isMalformed(_ verdict: RequestVerdict) -> Bool {
        if case .fault(.malformedRequest) = verdict { true } else { false }
    }

    @Test(
        "framing that two readers may understand in two ways is malformed, and the connection ends",
        arguments: [
            [("Content-Length", "2"), ("Transfer-Encoding", "chunked")],
            [("Transfer-Encoding", "chunked"), ("content-length", "2")],
            [("Content-Length", "2"), ("CONTENT-LENGTH", "2")],
            [("Content-Length", "+2")], [("Content-Length", "-2")], [("Content-Length", "2,2")],
            [("Content-Length", "0x2")], [("Content-Length", "")], [("Content-Length", "1000000000000000000")],
            [("Transfer-Encoding", "gzip, chunked")], [("Transfer-Encoding", "identity")],
            [("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "chunked")],
            [("Host", "b"), ("Content-Length", "2")], [("Idempotency-Key", "a"), ("Idempotency-Key", "a")],
            [("Content-Type", "application/json")], [("Content-Encoding", "gzip"), ("Content-Encoding", "gzip")],
        ])
    func framing(fields: [(String, String)]) {
        let (facts, verdict) = inspect(fields)
        #expect(isMalformed(verdict))
        #expect(!facts.keepAlive)
    }

    @Test("a length at the stream's limit, and one over")
    func bodyLimit() {
        guard case .events(let request) = inspect([("Content-Length", "1000")]).verdict else {
            Issue.record("the limit itself is refused")
            return
        }
        #expect(request.maxBodyBytes == 1000)
        #expect(inspect([("Content-Length", "1001")]).verdict == .fault(.bodyTooLarge(limitBytes: 1000)))
        #expect(inspect([("Transfer-Encoding", "Chunked")]).facts.framing == .chunked)
    }

    @Test("a chunked HTTP/1.0 request is malformed; HTTP/1.0 needs no Host")
    func oldVersion() {
        #expect(isMalformed(inspect([("Transfer-Encoding", "chunked")], version: .http1_0).verdict))
        let head = HTTPRequestHead(version: .http1_0, method: .GET, uri: "/livez?verbose")
        #expect(inspector.inspect(head).verdict == .page(.live(verbose: true)))
    }

    @Test("targets: origin and absolute form, and nothing that only looks like them")
    func targets() {
        let length = [("Content-Length", "2")]
        for good in ["/v1/streams/a/events", "/v1/streams/a/events?x=1", "http://h:1/v1/streams/a/events"] {
            guard case .events = inspect(length, target: good).verdict else {
                Issue.record("\(good) is not found")
                continue
            }
        }
        for bad in [
            "*", "a", "http://", "http:/v1", "/v1/streams/a/events/", "/v1//streams/a/events", "//v1/streams/a/events",
        ] {
            #expect(inspect(length, target: bad).verdict == .fault(.notFound), "\(bad)")
        }
        for unknown in ["b", "_a", "A", "a%20", "..", "a/b", ";a", String(repeating: "a", count: 64)] {
            #expect(inspect(length, target: "/v1/streams/\(unknown)/events").verdict == .fault(.unknownStream))
        }
    }
}
