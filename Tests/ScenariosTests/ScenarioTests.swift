import Foundation
import Gateway
import Model
import Scenarios
import Settings
import Testing

@Suite struct ScenarioTests {
    private let cut = """
        minutes: 120
        journal: {budget_bytes: 1000000000}
        landing: {drain_bytes_per_second_max: 5000000}
        link: {bytes_per_second: 100000000}
        streams:
          high: {consistency: available, priority: 9, events_per_second: 1000, event_bytes: 1000}
          low: {consistency: available, priority: 1, events_per_second: 1000, event_bytes: 1000}
          strong: {consistency: strong, events_per_second: 100}
        cuts: [{at_minute: 10, minutes: 30}]
        """

    private func answer(_ text: String) throws -> ScenarioReport {
        FlowModel.run(try ScenarioReader.read(text, source: "test"))
    }

    @Test("a cut makes a backlog of what comes in meanwhile, and strong streams refuse for as long as it lasts")
    func backlog() throws {
        let report = try answer(cut)
        let high = try #require(report.streams.first { $0.stream == "high" })
        // 1000 events/s of 100 landed bytes for 30 minutes, and some seconds until it is known to be over.
        #expect((180_000_000...186_000_000).contains(high.backlog_bytes_max))
        #expect(high.events_refused == 0)
        #expect((1800...1860).contains(high.complete_lag_seconds_max))
        let strong = try #require(report.streams.first { $0.stream == "strong" })
        #expect((180_000...183_000).contains(strong.events_refused))
        #expect((10.2...10.4).contains(try #require(strong.first_refused_at_minute)))
    }

    @Test("the zone is seen to go, to come back and to drain, and draining takes as long as its bound says")
    func draining() throws {
        let report = try answer(cut)
        #expect(report.transitions.map(\.to) == ["suspect", "partitioned", "draining", "connected"])
        // 360 MB at 5 MB/s.
        let minutes = try #require(report.drained_after_minutes)
        #expect((1.1...2.0).contains(minutes))
    }

    @Test("when the journals are full the lowest priority refuses first")
    func priority() throws {
        let small = cut.replacingOccurrences(of: "1000000000", with: "200000000")
        let report = try answer(small)
        let low = try #require(report.streams.first { $0.stream == "low" }?.first_refused_at_minute)
        let high = try #require(report.streams.first { $0.stream == "high" })
        #expect(low > 10 && low < 40)
        #expect(high.first_refused_at_minute.map { $0 > low } ?? true)
        // But for a strong batch that is on its way at the end.
        #expect(
            report.streams.allSatisfy {
                (0...($0.stream == "strong" ? 500 : 0)).contains(
                    $0.events_offered - $0.events_accepted - $0.events_refused)
            })
        #expect(report.samples.allSatisfy { $0.backlog_bytes.values.reduce(0, +) <= 200_000_000 })
    }

    @Test("newest first, the newest landed event is young again long before the stream is complete")
    func newestFirst() throws {
        let slow = cut.replacingOccurrences(
            of: "drain_bytes_per_second_max: 5000000", with: "drain_bytes_per_second_max: 500000, drain_order: newest")
        let report = try answer(slow)
        let later = try #require(report.samples.first { $0.minute >= 44 })
        #expect(later.freshness_seconds["high"]! < 60)
        #expect(later.complete_lag_seconds["high"]! > 1800)
    }

    @Test("without a cut nothing is refused and nothing waits longer than a segment takes")
    func calm() throws {
        let calm = cut.replacingOccurrences(of: "cuts: [{at_minute: 10, minutes: 30}]", with: "")
        let report = try answer(calm)
        #expect(report.transitions.isEmpty)
        #expect(report.streams.allSatisfy { $0.events_refused == 0 && $0.complete_lag_seconds_max <= 12 })
    }

    @Test("an operator's hold piles up a backlog as a cut does, and it drains when the hold ends")
    func hold() throws {
        let held = cut.replacingOccurrences(of: "cuts:", with: "holds:")
        let report = try answer(held)
        #expect(report.transitions.map(\.to) == ["partitioned", "draining", "connected"])
        #expect(report.drained_after_minutes != nil)
    }

    @Test("drained is when what had waited has landed; caught up only when what came in meanwhile has, too")
    func caughtUp() throws {
        // What comes in is 0.2 MB/s: of 0.25 MB/s a fifth is left for the 360 MB of the cut.
        let thin = cut.replacingOccurrences(of: "100000000}", with: "250000}")
            .replacingOccurrences(of: "minutes: 120", with: "minutes: 300")
            .replacingOccurrences(of: "strong: {consistency: strong, events_per_second: 100}", with: "")
        let report = try answer(thin)
        let (drained, caughtUp) = (
            try #require(report.drained_after_minutes), try #require(report.caught_up_after_minutes)
        )
        #expect((22...28).contains(drained))
        #expect((110...135).contains(caughtUp))
        #expect(try answer(thin.replacingOccurrences(of: "300", with: "120")).caught_up_after_minutes == nil)
    }

    @Test("a cut that nobody noticed is drained once what came in until it has landed")
    func unnoticed() throws {
        let report = try answer(cut.replacingOccurrences(of: "minutes: 30}", with: "minutes: 0.05}"))
        #expect(report.transitions.isEmpty || report.transitions.last?.to == "connected")
        #expect((0.05...0.5).contains(try #require(report.drained_after_minutes)))
        #expect(try #require(report.caught_up_after_minutes) < 0.5)
        // And where the link had been too thin for long, what it has not carried has not landed.
        let overloaded = try answer(
            """
            minutes: 120
            link: {bytes_per_second: 900000, round_trip_milliseconds: 0}
            streams: {a: {consistency: available, events_per_second: 10000, event_bytes: 1000}}
            cuts: [{at_minute: 60, minutes: 0.2}]
            """)
        // By minute 60 there are 360 MB of it: 6.7 minutes' worth of the link.
        #expect((6.5...7.5).contains(try #require(overloaded.drained_after_minutes)))
        #expect(overloaded.caught_up_after_minutes == nil && overloaded.behind_at_end)
    }

    @Test("strong streams alone are drained and caught up only once they are served again")
    func strongAlone() throws {
        let report = try answer(
            """
            minutes: 60
            streams: {a: {consistency: strong, events_per_second: 1000}}
            cuts: [{at_minute: 10, minutes: 10}]
            """)
        let served = try #require(report.transitions.last { $0.to == "connected" }?.minute) - 20
        #expect(try #require(report.drained_after_minutes) >= served)
        #expect(try #require(report.caught_up_after_minutes) >= served)
    }

    @Test("an outage that lasts beyond the scenario is not called drained")
    func unended() throws {
        let report = try answer(cut.replacingOccurrences(of: "minutes: 30}", with: "minutes: 110}"))
        #expect(report.outage == .lasting && report.drained_after_minutes == nil)
        #expect(report.caught_up_after_minutes == nil)
    }

    @Test(
        "strong streams whose batches come at the same moment wait for each other, and refuse only a link that is too thin"
    )
    func strongInStep() throws {
        func streams(_ bytesPerSecond: Int) -> String {
            "minutes: 10\nlink: {bytes_per_second: \(bytesPerSecond)}\nstreams:\n"
                + (1...20).map { "  s\($0): {consistency: strong, events_per_second: 500}" }.joined(separator: "\n")
        }
        // 20 times 500 events of 209 bytes each second.
        #expect(try answer(streams(2_200_000)).streams.allSatisfy { $0.events_refused == 0 })
        let thin = try answer(streams(1_045_000))
        // Half of each is too much, but for the 30 s that they wait.
        #expect(thin.streams.allSatisfy { (0.4...0.5).contains($0.events_refused / (500 * 600)) })
        #expect(thin.streams.allSatisfy { (28...42).contains($0.freshness_seconds_max) } && thin.behind_at_end)
    }

    @Test(
        "a strong batch whose bytes take longer than its deadline is refused, and what is on its way when a cut is noticed"
    )
    func strongDeadline() throws {
        func answered(_ bytesPerSecond: Int, _ rest: String = "") throws -> ScenarioReport.Stream {
            try #require(
                try answer(
                    """
                    minutes: 10
                    link: {bytes_per_second: \(bytesPerSecond)}
                    streams: {a: {consistency: strong, events_per_second: 10}}
                    \(rest)
                    """
                ).streams.first)
        }
        // A batch of 104,500 bytes each 50 s.
        #expect(try answered(3_500).events_refused == 0)
        #expect(try answered(3_480).events_accepted == 0)
        // On its way from 8:20 to 8:49, with the cut at 8:24, noticed 20 s later.
        let cut = try answered(3_600, "cuts: [{at_minute: 8.4, minutes: 10}]")
        #expect(try #require(cut.first_refused_at_minute) < 8.8)
    }

    @Test("the strong streams' priorities count among those that share the journals' budget, as in the gateway")
    func strongPriority() throws {
        let text = """
            minutes: 60
            journal: {budget_bytes: 1000000000}
            streams:
              low: {consistency: available, priority: 1, events_per_second: 1000, event_bytes: 5000}
              high: {consistency: available, priority: 2, events_per_second: 1000, event_bytes: 5000}
              strong: {consistency: strong, priority: 3, events_per_second: 100}
            cuts: [{at_minute: 5, minutes: 50}]
            """
        let report = try answer(text)
        let held = report.samples.map { $0.backlog_bytes.values.reduce(0, +) }.max() ?? 0
        // The second of three levels may fill seven eighths.
        #expect((850_000_000...867_000_000).contains(held))
    }

    @Test("many streams that bring next to nothing don't slow a backlog down")
    func evenShares() throws {
        func minutes(_ others: Int) throws -> Double {
            try #require(
                try answer(
                    """
                    minutes: 40
                    landing: {concurrency: 4, drain_bytes_per_second_max: 0}
                    link: {bytes_per_second: 10000000}
                    streams:
                      big: {consistency: available, events_per_second: 15000, event_bytes: 2000}
                    \((0..<others).map { "  s\($0): {consistency: available, events_per_second: 50, event_bytes: 200}" }
                        .joined(separator: "\n"))
                    cuts: [{at_minute: 5, minutes: 20}]
                    """
                ).drained_after_minutes)
        }
        // 3.6 GB at 10 MB/s.
        #expect((6...6.8).contains(try minutes(0)))
        #expect((6...6.8).contains(try minutes(15)))
    }

    @Test("the answer to a segment comes a round trip after its bytes")
    func roundTrip() throws {
        let report = try answer(
            """
            minutes: 40
            landing: {drain_bytes_per_second_max: 0}
            link: {bytes_per_second: 10000000, round_trip_milliseconds: 2000}
            streams: {a: {consistency: available, events_per_second: 15000, event_bytes: 2000}}
            cuts: [{at_minute: 5, minutes: 20}]
            """)
        // 120 segments of 30 MB, one at a time: 3 s and 2 s each.
        #expect((10...10.6).contains(try #require(report.drained_after_minutes)))
    }

    @Test("a stream that brings nothing is not called old, and the last part of a minute is in a sample")
    func edges() throws {
        let report = try answer(
            """
            minutes: 12.5
            streams:
              a: {consistency: available, events_per_second: 0}
              b: {consistency: strong, events_per_second: 1000}
            cuts: [{at_minute: 12, minutes: 30}]
            """)
        #expect(report.streams[0].freshness_seconds_max == 0)
        #expect(report.samples.map(\.minute) == (1...12).map(Double.init) + [12.5])
        let refused = report.samples.reduce(0) { $0 + ($1.events_refused["b"] ?? 0) }
        #expect(refused > 0 && refused == report.streams[1].events_refused)
    }

    @Test("cuts that overlap are as one")
    func overlapping() throws {
        let parts = cut.replacingOccurrences(
            of: "[{at_minute: 10, minutes: 30}]",
            with: "[{at_minute: 20, minutes: 20}, {at_minute: 10, minutes: 12}, {at_minute: 11, minutes: 1}]")
        #expect(try answer(parts).transitions.map(\.minute) == answer(cut).transitions.map(\.minute))
    }

    @Test("a stream's own budget makes it refuse, and no other")
    func ownBudget() throws {
        let report = try answer(
            cut.replacingOccurrences(of: "priority: 9,", with: "priority: 9, journal_budget_bytes: 50000000,"))
        let high = try #require(report.streams.first { $0.stream == "high" })
        #expect(high.events_refused > 0 && high.backlog_bytes_max <= 50_000_000)
        #expect(report.streams.first { $0.stream == "low" }?.events_refused == 0)
    }

    @Test("a link that carries ten times what a strong stream sends refuses none of it, however large a batch is")
    func strongOnAThinLink() throws {
        let text = """
            minutes: 10
            link: {bytes_per_second: 1000000}
            streams:
              bill: {consistency: strong, events_per_second: 500}
            """
        let total = try #require(try answer(text).streams.first)
        #expect(total.events_refused == 0 && total.events_accepted > 290_000)
    }
}
