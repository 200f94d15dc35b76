import Foundation
import Model
import Testing

@testable import LoadGenerator

@Suite struct AuditEventsTests {
    private static let start = Timestamp(microseconds: 1_795_000_000_000_000)

    @Test("events are JSON objects of one line, with unique ids and their times", arguments: [320, 700, 2_090, 20_000])
    func shape(meanBytes: Int) throws {
        var events = AuditEvents(meanBytes: meanBytes, seed: 7, start: AuditEventsTests.start)
        var ids: Set<String> = []
        for _ in 0..<1_000 {
            let line = events.next()
            #expect(!line.utf8.contains(UInt8(ascii: "\n")))
            let event = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let id = try #require(event["eventID"] as? String)
            #expect(UUID(uuidString: id) != nil)
            ids.insert(id)
            let time = try #require(event["eventTime"] as? String)
            #expect(time.hasPrefix("2026-11-18T"), "\(time)")
        }
        #expect(ids.count == 1_000)
    }

    @Test("the mean size is within 5 %", arguments: [320, 700, 2_090, 20_000])
    func size(meanBytes: Int) {
        var events = AuditEvents(meanBytes: meanBytes, seed: 7, start: AuditEventsTests.start)
        let total = (0..<2_000).reduce(0) { sum, _ in sum + events.next().utf8.count }
        let mean = Double(total) / 2_000
        #expect(abs(mean - Double(meanBytes)) <= Double(meanBytes) * 0.05, "\(mean)")
    }

    @Test("gzip -1 makes a batch four to five times smaller")
    func compressibility() throws {
        var events = AuditEvents(meanBytes: 2_090, seed: 7, start: AuditEventsTests.start)
        let body = try RequestBody(lines: (0..<500).map { _ in events.next() }, coding: .gzip)
        let ratio = Double(body.lineBytes) / Double(body.bytes.count)
        #expect((4.0...5.0).contains(ratio), "\(ratio)")
    }
}
