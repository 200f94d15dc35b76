import Gateway
import Journal
import Model
import Telemetry
import Testing

@Suite("Status, receipts and metrics of the gateway") struct StatusTests {
    private func stream(_ name: String, _ gateway: TestZone.TestGateway) throws -> GatewayStatus.Stream {
        try #require(gateway.status().streams.first { $0.name.rawValue == name })
    }

    @Test("the backlog is what is journaled and has not landed, open and sealed, over a restart")
    func backlog() async throws {
        let zone = try TestZone()
        zone.store.set(.refusing)
        let first = try zone.open { $0.journal.segmentMaxAge = .milliseconds(50) }
        #expect(try stream("logs", first).backlog == Backlog())
        #expect(await first.send("{\"a\":1}\n{\"a\":2}\n", to: "logs", key: "k").receipt != nil)
        let open = try stream("logs", first).backlog
        #expect(open.segments == 1 && open.events == 2 && open.bytes > 0 && open.oldest != nil)
        try await Task.sleep(for: .milliseconds(300))
        let sealed = first.segments(of: StreamName("logs"), limit: 10)
        #expect(sealed.map(\.state) == [.sealed] && sealed[0].backlog == open)
        #expect(sealed[0].object?.hasPrefix("logs/date=") == true)
        #expect(first.status().zones.map(\.name.rawValue) == ["main"])
        #expect(first.status().zones[0].backlog.events >= 2)
        #expect(!first.stop(within: .seconds(1)).clean)
        let second = try zone.open()
        #expect(try stream("logs", second).backlog == open)
        zone.store.set(.well)
        #expect(second.stop(within: .seconds(20)).clean)
        #expect(try stream("logs", second).backlog == Backlog())
    }

    @Test("a batch's fate: journaled, then landed; unknown to others and elsewhere; also after a restart")
    func fates() async throws {
        let zone = try TestZone()
        zone.store.set(.refusing)
        // Longer than a busy machine takes for the first question.
        let first = try zone.open { $0.journal.segmentMaxAge = .seconds(3) }
        let receipt = try #require(await first.send("{\"a\":1}\nbad\n", to: "logs", key: "k").receipt)
        guard case .known(let open) = await first.fate(of: "k", in: "logs") else { return #expect(Bool(false)) }
        #expect(open.durability == .journaled && open.sequence == receipt.sequence && open.object == nil)
        #expect(open.rejected.map(\.index) == [1] && open.received == 2 && !open.replayed)
        #expect(await eventually("k", first) { $0.object != nil })
        guard case .known(let sealed) = await first.fate(of: "k", in: "logs") else { return #expect(Bool(false)) }
        #expect(sealed.durability == .journaled && sealed.object?.hasPrefix("logs/") == true)
        for (key, producer, stream) in [("l", "anonymous", "logs"), ("k", "other", "logs"), ("k", "anonymous", "none")]
        {
            guard case .unknown = await first.fate(of: key, producer: producer, in: stream) else {
                Issue.record("\(key) of \(producer) in \(stream) is known")
                continue
            }
        }
        guard case .undetermined = await first.fate(of: "k", in: "bills") else { return #expect(Bool(false)) }
        #expect(!first.stop(within: .seconds(1)).clean)
        zone.store.set(.well)
        let second = try zone.open()
        #expect(await second.send("{\"a\":1}\n", to: "bills", key: "k").receipt != nil)
        guard case .known(let bill) = await second.fate(of: "k", in: "bills") else { return #expect(Bool(false)) }
        #expect(bill.durability == .landed && bill.object?.hasPrefix("bills/keyed/") == true)
        guard case .unknown = await second.fate(of: "other", in: "bills") else { return #expect(Bool(false)) }
        #expect(await eventually("k", second) { $0.durability == .landed })
        #expect(second.stop(within: .seconds(20)).clean)
    }

    private func eventually(
        _ key: String, _ gateway: TestZone.TestGateway, _ isThere: (Receipt) -> Bool
    ) async -> Bool {
        for _ in 0..<1000 {
            if case .known(let receipt) = await gateway.fate(of: key, in: "logs"), isThere(receipt) { return true }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    @Test("gauges, commits and landings are counted")
    func metrics() async throws {
        let zone = try TestZone()
        let telemetry = Telemetry()
        let gateway = try zone.open(telemetry: telemetry)
        #expect(await gateway.send("{\"a\":1}\n", to: "logs", key: "k").receipt != nil)
        var text = telemetry.exposition()
        #expect(text.contains("sluice_backlog_events{stream=\"logs\"} 1\n"))
        #expect(text.contains("sluice_journal_commit_duration_seconds_count{stream=\"logs\"} 1\n"))
        #expect(text.contains("sluice_zone_state{zone=\"main\",state=\"connected\"} 1\n"))
        #expect(text.contains("sluice_build_info{version=\"test\",gateway=\"local\"} 1\n"))
        #expect(gateway.stop(within: .seconds(20)).clean)
        text = telemetry.exposition()
        #expect(text.contains("sluice_landing_outcomes_total{stream=\"logs\",outcome=\"created\"} 1\n"))
        #expect(text.contains("sluice_backlog_bytes{stream=\"logs\"} 0\n"))
    }
}
