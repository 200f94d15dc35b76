import Foundation
import Gateway
import Model
import Scenarios
import Testing

@Suite struct ScenarioTests {
    private let cut = """
        minutes: 120
        journal: {budget_bytes: 1000000000}
        landing: {drain_bytes_per_second_max: 5000000}
        link: {bytes_per_second: 100000000}
        streams:
          high: {priority: 9, events_per_second: 1000, event_bytes: 1000}
          low: {priority: 1, events_per_second: 1000, event_bytes: 1000}
          strong: {consistency: strong, events_per_second: 100}
        cuts: [{at_minute: 10, minutes: 30}]
        """

    @Test("a cut makes a backlog of what comes in meanwhile, and strong streams refuse for as long as it lasts")
    func backlog() throws {
        let report = FlowModel.run(try ScenarioReader.read(cut))
        let high = try #require(report.streams.first { $0.stream == "high" })
        // 1000 events/s of 100 landed bytes for 30 minutes, and some seconds until it is known to be over.
        #expect((180_000_000...186_000_000).contains(high.backlog_bytes_max))
        #expect(high.events_refused == 0)
        #expect((1800...1860).contains(high.complete_lag_seconds_max))
        let strong = try #require(report.streams.first { $0.stream == "strong" })
        #expect((180_000...183_000).contains(strong.events_refused))
        #expect((10...10.2).contains(try #require(strong.first_refused_at_minute)))
    }

    @Test("the zone is seen to go, to come back and to drain, and draining takes as long as its bound says")
    func draining() throws {
        let report = FlowModel.run(try ScenarioReader.read(cut))
        #expect(report.transitions.map(\.to) == ["suspect", "partitioned", "draining", "connected"])
        // 360 MB at 5 MB/s.
        let minutes = try #require(report.drained_after_minutes)
        #expect((1.1...2.0).contains(minutes))
    }

    @Test("when the journals are full the lowest priority refuses first")
    func priority() throws {
        let small = cut.replacingOccurrences(of: "1000000000", with: "200000000")
        let report = FlowModel.run(try ScenarioReader.read(small))
        let low = try #require(report.streams.first { $0.stream == "low" }?.first_refused_at_minute)
        let high = try #require(report.streams.first { $0.stream == "high" })
        #expect(low > 10 && low < 40)
        #expect(high.first_refused_at_minute.map { $0 > low } ?? true)
        #expect(report.streams.allSatisfy { $0.events_offered == $0.events_accepted + $0.events_refused })
        #expect(report.samples.allSatisfy { $0.backlog_bytes.values.reduce(0, +) <= 200_000_000 })
    }

    @Test("newest first, the newest landed event is young again long before the stream is complete")
    func newestFirst() throws {
        let slow = cut.replacingOccurrences(
            of: "drain_bytes_per_second_max: 5000000", with: "drain_bytes_per_second_max: 500000, drain_order: newest")
        let report = FlowModel.run(try ScenarioReader.read(slow))
        let later = try #require(report.samples.first { $0.minute >= 44 })
        #expect(later.freshness_seconds["high"]! < 60)
        #expect(later.complete_lag_seconds["high"]! > 1800)
    }

    @Test("without a cut nothing is refused and nothing waits longer than a segment takes")
    func calm() throws {
        let calm = cut.replacingOccurrences(of: "cuts: [{at_minute: 10, minutes: 30}]", with: "")
        let report = FlowModel.run(try ScenarioReader.read(calm))
        #expect(report.transitions.isEmpty)
        #expect(report.streams.allSatisfy { $0.events_refused == 0 && $0.complete_lag_seconds_max <= 12 })
    }

    @Test("an operator's hold piles up a backlog as a cut does, and it drains when the hold ends")
    func hold() throws {
        let held = cut.replacingOccurrences(of: "cuts:", with: "holds:")
        let report = FlowModel.run(try ScenarioReader.read(held))
        #expect(report.transitions.map(\.to) == ["partitioned", "draining", "connected"])
        #expect(report.drained_after_minutes != nil)
    }

    @Test("every fault of a scenario file is named, with its place")
    func faults() {
        #expect {
            try ScenarioReader.read(
                "minuts: 3\nminutes: x\nstreams: {a: {events_per_second: -1, consistency: loose}}\ncuts: [{at_minute: 1}]"
            )
        } throws: { error in
            let text = "\(error)"
            return ["minuts", "minutes:", "streams.a.events_per_second", "streams.a.consistency", "cuts[0].minutes"]
                .allSatisfy { text.contains($0) }
        }
        #expect(throws: ScenarioFaults.self) { try ScenarioReader.read("streams: {}") }
        #expect(throws: ScenarioFaults.self) { try ScenarioReader.read("{") }
    }

    @Test("a link that carries ten times what a strong stream sends refuses none of it, however large a batch is")
    func strongOnAThinLink() throws {
        let text = """
            minutes: 10
            link: {bytes_per_second: 1000000}
            streams:
              bill: {consistency: strong, events_per_second: 500}
            """
        let total = try #require(FlowModel.run(try ScenarioReader.read(text)).streams.first)
        #expect(total.events_refused == 0 && total.events_accepted > 290_000)
    }

    @Test("the scenarios that ship can be read and drawn")
    func examples() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../config/scenarios")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".yaml") }
        #expect(files.count >= 3)
        for file in files {
            let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
            let report = FlowModel.run(try ScenarioReader.read(text))
            let svg = ScenarioPlot(report).svg
            #expect(svg.hasPrefix("<svg") && svg.contains("<polyline") && !svg.contains("nan"))
        }
    }
}
