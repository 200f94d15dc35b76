import Foundation
import Gateway
import Model
import Testing

@Suite struct LedgerFactTests {
    private let nasty = "a\"b\\c\n\r\t\u{0}\u{1F}\u{7F}é😀/"

    private var facts: [LedgerFact] {
        let stream = StreamName("audit_logs")!
        let life = Incarnation(rawValue: 0xAB)
        let segment = LedgerFact.Segment(
            stream: stream, zone: .main, incarnation: life, object: "audit_logs/x.json.gz",
            range: SequenceRange(first: 3, count: UInt64(Int64.max)), batches: 2, bytes: 1 << 40, sha256: "00ff",
            receivedFirst: Timestamp(microseconds: 0), receivedLast: Timestamp(microseconds: 1),
            eventTimes: Timestamp(microseconds: -1)...Timestamp(microseconds: 1))
        var untimed = segment
        untimed.eventTimes = nil
        return [
            .incarnationOpened(version: nasty, at: Timestamp(microseconds: 5)),
            .position(stream: stream, nextSequence: .max),
            .incarnationEnded(stream: stream, incarnation: life, nextSequence: 7, how: "stopped"),
            .segmentSealed(segment), .objectLanded(untimed),
            .batchLanded(stream: stream, zone: .main, object: nasty, batchKey: nasty, producer: nasty, events: 5),
            .rangeDamaged(stream: stream, incarnation: life, first: 1, end: 9, file: nasty, reason: nasty),
            .keysDamaged(stream: stream, file: nasty, offset: 1, bytes: .max, batchesMax: .max),
        ]
    }

    @Test("every fact is one JSON object on one line, with the members that all have")
    func lines() throws {
        var ids: Set<String> = []
        for fact in facts {
            let line = fact.line(
                gateway: GatewayName("g-1")!, incarnation: Incarnation(rawValue: 1), at: Timestamp(microseconds: 5))
            #expect(!line.utf8.contains { $0 < 0x20 })
            let members = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
            #expect(members["gateway"] as? String == "g-1")
            #expect(members["at"] as? String == "1970-01-01T00:00:00.000005Z")
            #expect((members["incarnation"] as? String)?.count == 16)
            ids.insert(try #require(members["fact_id"] as? String))
            for name in ["batch_key", "file", "version"] where members[name] != nil {
                #expect(members[name] as? String == nasty)
            }
        }
        #expect(ids.count == facts.count, "a fact's id is its own")
    }

    @Test("a segment's fact says range, size and hash")
    func segment() throws {
        let line = facts[3].line(
            gateway: GatewayName("g")!, incarnation: Incarnation(rawValue: 1), at: Timestamp(microseconds: 5))
        for part in [
            #""fact":"segment_sealed""#, #""incarnation":"00000000000000ab""#, #""first":3"#,
            #""end":9223372036854775810"#, #""bytes":1099511627776"#, #""sha256":"00ff""#,
            #""event_time_first":"1969-12-31T23:59:59.999999Z""#,
        ] { #expect(line.contains(part), "\(part)") }
        #expect(
            !facts[4].line(
                gateway: GatewayName("g")!, incarnation: Incarnation(rawValue: 1), at: Timestamp(microseconds: 5)
            ).contains("event_time"))
    }
}
