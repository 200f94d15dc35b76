import Access
import Foundation
import Gateway
import Model
import Testing

@testable import Edge

@Suite("Problems and receipts") struct ProblemTests {
    private static let refusals: [(Refusal, ProblemType)] = [
        (.unknownStream("<x>"), .unknownStream), (.emptyBody, .emptyBody),
        (.malformedEncoding(detail: "d"), .malformedEncoding), (.windowTooLarge(limitBytes: 1), .windowTooLarge),
        (.decodedTooLarge(limitBytes: 1), .decodedTooLarge),
        (.expansionTooHigh(limitRatio: 1), .expansionTooHigh), (.tooManyEvents(limit: 1), .tooManyEvents),
        (.malformedDocument(reason: .malformedJSON, detail: "d"), .malformedDocument),
        (.invalidEvents(received: 2, [.init(index: 1, reason: .tooDeep, detail: nil)]), .invalidEvents),
        (.keyReused(batchKey: "\"k\u{1}"), .keyReused), (.journalFull(retryAfter: .seconds(3)), .journalFull),
        (.journalFailed(detail: "d", retryAfter: .zero), .journalFailed),
        (.landingUnavailable(detail: "d", retryAfter: .zero), .landingUnavailable),
        (.landingPending(.late, retryAfter: .seconds(5)), .landingPending),
        (.landingPending(.cutOff, retryAfter: .seconds(5)), .landingPending),
        (.landingPending(.stopping, retryAfter: .seconds(5)), .landingPending),
        (.unknownBatch(window: .seconds(60)), .unknownBatch), (.batchInFlight(retryAfter: .zero), .batchInFlight),
        (.overloaded(retryAfter: .zero), .overloaded), (.stopping(retryAfter: .zero), .stopping),
    ]

    @Test("every refusal is its problem, in valid JSON, and each 503 says when to retry")
    func mapping() throws {
        for (refusal, type) in Self.refusals {
            let response = Response(.refused(refusal))
            #expect(response.problem == type)
            #expect(response.status == type.status)
            let json = try #require(JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any])
            #expect(json["type"] as? String == "urn:sluice:problem:\(type.slug)")
            #expect(json["title"] as? String == type.title)
            #expect(json["status"] as? Int == type.status)
            #expect((json["detail"] as? String)?.isEmpty == false)
            let retry = response.headers.first { $0.name.description == "Retry-After" }?.value
            #expect((retry != nil) == [409, 429, 503].contains(type.status))
            if let retry { #expect(Int(retry)! >= 1) }
        }
    }

    @Test("a spent quota's problem says when to retry and how the quota stands, as the draft writes it")
    func quota() throws {
        let meter = QuotaMeter(
            Quota(eventsPerSecond: 5, bytesPerSecond: 1000), window: .seconds(10), now: MonotonicInstant(nanoseconds: 0)
        )
        let now = MonotonicInstant(nanoseconds: 0)
        meter.spend(events: 60, bytes: 1000, now: now)
        let wait = try #require(meter.wait(now: now))
        let response = Problem(.quotaExceeded(standing: meter.standing(now: now), retryAfter: wait)).response
        let headers = Dictionary(uniqueKeysWithValues: response.headers.map { ($0.name.description, $0.value) })
        #expect(response.status == 429)
        #expect(headers["Retry-After"] == "3")
        #expect(
            headers["RateLimit-Policy"]
                == #""events";q=50;qu="events";w=10, "bytes";q=10000;qu="content-bytes";w=10"#)
        #expect(headers["RateLimit"] == #""events";r=0;t=12, "bytes";r=9000;t=1"#)
        #expect(String(decoding: response.body, as: UTF8.self).contains("quota of events is spent"))
    }

    @Test("an invalid batch's problem lists what is wrong, as a receipt does")
    func rejections() {
        let response = Response(.refused(Self.refusals[8].0))
        let text = String(decoding: response.body, as: UTF8.self)
        #expect(text.hasSuffix(#""received":2,"rejected":[{"index":1,"reason":"too_deep","detail":null}]}"#))
    }

    @Test("text of any kind survives JSON")
    func escaping() throws {
        let text = String(String.UnicodeScalarView((0...0x2ff).compactMap(Unicode.Scalar.init))) + "\u{2028}😀"
        var json = JSONWriter()
        json.array { $0.string(text) }
        let parsed = try JSONSerialization.jsonObject(with: Data(json.bytes)) as? [String]
        #expect(parsed == [text])
        #expect(json.bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7f })
    }

    @Test("docs/problems.md lists every problem type with its status, and nothing else")
    func documented() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appendingPathComponent("docs/problems.md"), encoding: .utf8)
        let headings = page.split(separator: "\n").filter { $0.hasPrefix("## `") }
        let documented = headings.map(String.init).sorted()
        #expect(documented == ProblemType.allCases.map { "## `\($0.slug)` (\($0.status))" }.sorted())
        let contract = try String(contentsOf: root.appendingPathComponent("openapi.yaml"), encoding: .utf8)
        for type in ProblemType.allCases { #expect(contract.contains("- \(type.uri)\n"), "\(type.slug)") }
        let named = contract.split(separator: "\n").filter { $0.contains("- urn:sluice:problem:") }
        #expect(named.count == ProblemType.allCases.count)
    }
}
