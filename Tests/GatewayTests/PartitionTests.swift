import Gateway
import Journal
import Landing
import Model
import Payload
import Synchronization
import Testing

/// A gateway whose landing zone comes and goes: what design section 2 promises of each stream.
@Suite(.serialized) struct PartitionTests {
    private let zone: TestZone

    init() throws { zone = try TestZone() }

    private func open(
        _ change: (inout GatewayConfiguration) -> Void = { _ in },
        observer: @escaping @Sendable (ZoneChange) -> Void = { _ in }
    ) throws -> TestZone.TestGateway {
        try zone.open(
            { configuration in
                configuration.partition.partitionAfter = .milliseconds(100)
                configuration.partition.healAfter = .milliseconds(100)
                configuration.partition.probeInterval = .milliseconds(50)
                configuration.partition.probeIntervalInDoubt = .milliseconds(20)
                configuration.landing.retryMax = .milliseconds(50)
                configuration.journal.segmentMaxAge = .milliseconds(50)
                change(&configuration)
            }, observer: observer)
    }

    /// Waits for the zone's state, with time to spare for a busy machine.
    private func reach(_ state: PartitionControl.State, _ gateway: TestZone.TestGateway) async -> Bool {
        for _ in 0..<3000 {
            if gateway.zoneStatus[0].state == state { return true }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    @Test("cut off, a strong stream is refused at once and an available one goes on; healed, all has landed once")
    func cut() async throws {
        let changes = Mutex<[ZoneChange.What]>([])
        let gateway = try open(observer: { change in changes.withLock { $0.append(change.what) } })
        #expect(await gateway.send("{}", to: "bills", key: "before").receipt?.durability == .landed)
        zone.store.set(.refusing)
        #expect(await reach(.partitioned, gateway))
        let asked = SystemTime().monotonic()
        let refusal = await gateway.send("{}", to: "bills", key: "during", within: .seconds(20)).refusal
        guard case .partitioned(.main, _, let retryAfter) = refusal else {
            Issue.record("\(String(describing: refusal))")
            return
        }
        #expect(SystemTime().monotonic() - asked < .seconds(10), "not after its deadline")
        #expect(retryAfter >= .seconds(5))
        for batch in 0..<20 {
            #expect(await gateway.send("{}", to: "logs", key: "\(batch)").receipt?.durability == .journaled)
        }
        #expect(zone.objects("logs").isEmpty)
        zone.store.set(.well)
        #expect(await reach(.connected, gateway))
        #expect(await gateway.send("{}", to: "bills", key: "during").receipt?.durability == .landed)
        #expect(gateway.stop(within: .seconds(20)).clean)
        #expect(zone.objects("bills").count == 2 && !zone.objects("logs").isEmpty)
        let moves = changes.withLock { $0 }
        #expect(moves.first == .observed(from: .connected, to: .suspect))
        #expect(moves.contains(.observed(from: .suspect, to: .partitioned)))
        #expect(moves.contains(.observed(from: .partitioned, to: .draining)), "with a backlog it drains first")
        #expect(moves.contains(.observed(from: .draining, to: .connected)))
    }

    @Test("an operator's hold stops landing and outlives a restart; auto lets it go on")
    func hold() async throws {
        var gateway = try open()
        #expect(try gateway.override(.main, .hold, by: "ann", reason: "maintenance"))
        #expect(try !gateway.override(ZoneName("other")!, .hold, by: "ann", reason: ""))
        #expect(await gateway.send("{}", to: "logs", key: "1").receipt != nil)
        guard case .partitioned = await gateway.send("{}", to: "bills", key: "1").refusal else {
            Issue.record("a held zone takes no strong batch")
            return
        }
        #expect(gateway.stop(within: .milliseconds(300)).segmentsLeft > 0)
        gateway = try open()
        let status = gateway.zoneStatus[0]
        #expect(status.state == .partitioned && status.override == .hold && status.reason.contains("ann"))
        #expect(status.backlogSegments >= 1 && status.backlogBytes > 0 && status.oldestArrival != nil)
        try await Task.sleep(for: .milliseconds(300))
        #expect(zone.objects("logs").isEmpty, "nothing lands while it is held")
        #expect(try gateway.override(.main, .auto, by: "bob", reason: "done"))
        #expect(await gateway.send("{}", to: "bills", key: "1").receipt?.durability == .landed)
        #expect(gateway.stop(within: .seconds(20)).clean)
        #expect(zone.objects("logs").count == 1)
        gateway = try open()
        #expect(gateway.zoneStatus[0].override == .auto)
        #expect(gateway.stop(within: .seconds(20)).clean)
    }

    @Test("a strong batch that was sent before the zone was cut off is not called kept nowhere: it may have landed")
    func sentBefore() async throws {
        let gateway = try open()
        zone.store.set(.mute)
        async let outcome = gateway.send("{}", to: "bills", key: "1")
        for _ in 0..<3000 where zone.objects("bills").isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        #expect(try gateway.override(.main, .hold, by: "ann", reason: "maintenance"))
        zone.store.set(.well)
        guard case .landingUnavailable(let detail, let retryAfter)? = await outcome.refusal else {
            Issue.record("\(await outcome)")
            return
        }
        #expect(detail.contains("whether an earlier try has landed is not known") && retryAfter >= .seconds(1))
        #expect(try gateway.override(.main, .auto, by: "ann", reason: "done"))
        #expect(await gateway.send("{}", to: "bills", key: "1").receipt?.durability == .landed)
        #expect(gateway.stop(within: .seconds(20)).clean && zone.objects("bills").count == 1)
    }

    @Test("many overrides at once leave one truth, on disk as in force, and a change for each")
    func overridesAtOnce() async throws {
        let words = Mutex<[PartitionControl.Override]>([])
        let gateway = try open(observer: { change in
            if case .overridden(_, let to) = change.what { words.withLock { $0.append(to) } }
        })
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<24 {
                group.addTask {
                    _ = try? gateway.override(
                        .main, PartitionControl.Override.allCases[index % 3], by: "op\(index)", reason: "race")
                }
            }
        }
        let said = words.withLock { $0 }
        #expect(said.count == 24)
        #expect(gateway.zoneStatus[0].override == said.last)
        _ = gateway.stop(within: .milliseconds(100))
        let again = try open()
        #expect(again.zoneStatus[0].override == said.last)
        try _ = again.override(.main, .auto, by: "op", reason: "")
        _ = again.stop(within: .seconds(5))
    }

    @Test("a full budget refuses the lowest priority first, and takes all again once the backlog has landed")
    func budget() async throws {
        zone.store.set(.refusing)
        let low = StreamName("low")!
        let gateway = try open { configuration in
            configuration.journalBudgetBytes = 100_000
            var stream = StreamConfiguration(name: low, consistency: .available, rules: .init())
            stream.share.priority = 1
            configuration.streams.append(stream)
            configuration.streams[0].share.priority = 9
        }
        let noise = (0..<60).map { _ in "{\"n\":\(UInt64.random(in: 0...UInt64.max))}" }.joined(separator: "\n")
        func fill(_ stream: String) async -> Int {
            for count in 0..<1000 {
                if case .journalFull(let retryAfter) = await gateway.send(noise, to: stream, key: "\(count)").refusal {
                    #expect(retryAfter >= .seconds(1))
                    return count
                }
            }
            return 1000
        }
        let taken = await fill("low")
        #expect(taken > 5 && taken < 1000)
        let more = await fill("logs")
        #expect(more > 0 && more < 1000, "the higher priority still had room")
        // What is known is answered, however full it is.
        #expect(await gateway.send(noise, to: "low", key: "0").receipt?.replayed == true)
        zone.store.set(.well)
        #expect(await reach(.connected, gateway))
        for _ in 0..<1000 where zone.objects().count < 2 { try await Task.sleep(for: .milliseconds(10)) }
        var refused = true
        for _ in 0..<500 where refused {
            refused = await gateway.send(noise, to: "low", key: "again").refusal != nil
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(!refused, "room comes back as the backlog lands")
        #expect(gateway.stop(within: .seconds(20)).clean)
    }
}
