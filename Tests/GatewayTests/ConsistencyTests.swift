import Gateway
import Journal
import Model
import Testing

@Suite struct ConsistencyTests {
    private func send(
        _ gateway: TestZone.TestGateway, _ text: String = "{}", key: String, within: Duration = .seconds(20)
    ) async -> BatchOutcome {
        await gateway.send(text, to: "logs", key: key, within: within, consistency: .strong)
    }

    @Test("a strong request on an available stream is answered once its object is there, long before the roll time")
    func landed() async throws {
        let zone = try TestZone()
        let gateway = try zone.open()
        let receipt = try #require(await send(gateway, "{\"a\":1}\n{\"a\":2}\n", key: "k").receipt)
        #expect(receipt.durability == .landed && !receipt.replayed && receipt.accepted == 2)
        #expect(receipt.sequence?.range == SequenceRange(first: 0, count: 2))
        #expect(zone.objects("logs/") == [receipt.object])
        let again = try #require(await send(gateway, "{\"a\":1}\n{\"a\":2}\n", key: "k").receipt)
        #expect(again.replayed && again.durability == .landed && again.object == receipt.object)
        #expect(gateway.stop(within: .seconds(20)).clean)
        #expect(zone.objects("logs/").count == 1)
    }

    @Test("refused events have landed too, with their reasons and details")
    func quarantined() async throws {
        let zone = try TestZone()
        let gateway = try zone.open()
        let receipt = try #require(await send(gateway, "{}\nbad\n", key: "k").receipt)
        #expect(receipt.durability == .landed && receipt.rejected.first?.detail != nil)
        #expect(zone.objects("logs/").count == 1 && zone.objects("_quarantine/").count == 1)
        let none = try #require(await send(gateway, "worse\n", key: "l").receipt)
        #expect(none.durability == .landed && none.object == nil && none.accepted == 0)
        #expect(zone.objects("logs/").count == 1 && zone.objects("_quarantine/").count == 2)
        #expect(gateway.stop(within: .seconds(20)).clean)
    }

    @Test("many at once share seals: objects stay few")
    func coalesced() async throws {
        let zone = try TestZone()
        let gateway = try zone.open()
        let clock = ContinuousClock()
        let began = clock.now
        let landed = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                group.addTask {
                    try? await Task.sleep(for: .milliseconds(number % 20))
                    return await send(gateway, key: "k\(number)").receipt?.durability == .landed
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(landed == 200)
        let took = clock.now - began
        // One at once, then one in 200 ms at most.
        #expect(zone.objects("logs/").count <= 2 + Int(took / .milliseconds(200)), "\(took)")
        #expect(gateway.stop(within: .seconds(20)).clean)
    }

    @Test("the deadline passes: journaled, said so, and the retry waits again and finds it landed")
    func late() async throws {
        let zone = try TestZone()
        let gateway = try zone.open()
        zone.store.set(.busy)
        guard case .landingPending(.late, _)? = await send(gateway, key: "k", within: .milliseconds(300)).refusal,
            case .landingPending(.late, _)? = await send(gateway, key: "k", within: .milliseconds(300)).refusal
        else {
            Issue.record("it promised what was not so")
            return
        }
        #expect(await gateway.find("k", in: "logs").receipt?.durability == .journaled)
        #expect(await gateway.send("{}", to: "logs", key: "k").receipt?.durability == .journaled)
        zone.store.set(.well)
        let receipt = try #require(await send(gateway, key: "k").receipt)
        #expect(receipt.replayed && receipt.durability == .landed && [receipt.object] == zone.objects("logs/"))
        #expect(gateway.stop(within: .seconds(20)).clean)
    }

    @Test("a strong and an available request with one key: each gets what it asked for")
    func mixed() async throws {
        let zone = try TestZone()
        let gateway = try zone.open()
        let outcomes = await withTaskGroup(of: (Bool, Receipt?).self) { group in
            for number in 0..<16 {
                let isStrong = number % 2 == 0
                group.addTask {
                    (
                        isStrong,
                        await gateway.send(
                            "{}", to: "logs", key: "same", consistency: isStrong ? .strong : .available
                        ).receipt
                    )
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.allSatisfy { !$0.0 || $0.1?.durability == .landed })
        #expect(outcomes.allSatisfy { $0.1?.accepted == 1 })
        #expect(outcomes.count { $0.1?.replayed == false } == 1)
        #expect(gateway.stop(within: .seconds(20)).clean)
        #expect(zone.objects("logs/").count == 1)
    }

    @Test("a stop ends the wait at once, says that the batch is journaled, and the next life lands it")
    func stopping() async throws {
        let zone = try TestZone()
        let gateway = try zone.open()
        zone.store.set(.busy)
        async let outcome = send(gateway, key: "k")
        for _ in 0..<400 where await gateway.find("k", in: "logs").receipt == nil {
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(!gateway.stop(within: .milliseconds(300)).clean)
        guard case .landingPending(.stopping, _)? = await outcome.refusal else {
            Issue.record("it waited on")
            return
        }
        zone.store.set(.well)
        let next = try zone.open()
        let receipt = try #require(await send(next, key: "k").receipt)
        #expect(receipt.replayed && receipt.durability == .landed)
        #expect(next.stop(within: .seconds(20)).clean)
    }

    @Test(
        "a zone known to be cut off: refused at once and nothing kept; what was journaled before is said to be pending")
    func cutOff() async throws {
        let zone = try TestZone()
        let gateway = try zone.open()
        #expect(await gateway.send("{}", to: "logs", key: "before").receipt?.durability == .journaled)
        #expect(try gateway.override(.main, .hold, by: "tester", reason: "a test"))
        guard case .partitioned(.main, _, _)? = await send(gateway, key: "k").refusal,
            case .landingPending(.cutOff, _)? = await send(gateway, key: "before").refusal,
            case .landingUnavailable? = await gateway.find("k", in: "bills").refusal,
            case .unknownBatch? = await gateway.find("k", in: "logs").refusal
        else {
            Issue.record("something was promised or kept")
            return
        }
        #expect(await gateway.send("{}", to: "logs", key: "before").receipt?.replayed == true)
        #expect(try gateway.override(.main, .auto, by: "tester", reason: "it is over"))
        #expect(await send(gateway, key: "before").receipt?.durability == .landed)
        #expect(await send(gateway, key: "k").receipt?.replayed == false)
        #expect(gateway.stop(within: .seconds(20)).clean)
    }

    @Test("early seals: the first at once, all within 200 ms of it share the next, and none is made for nothing")
    func schedule() {
        func at(_ milliseconds: Int64) -> MonotonicInstant { .init(nanoseconds: milliseconds * 1_000_000) }
        var seal = EarlySeal()
        func asked(_ now: Int64) -> EarlySeal.Action { seal.asked(now: at(now)) }
        func due(_ isWanted: Bool, _ now: Int64) -> Bool { seal.due(isWanted: isWanted, now: at(now)) }
        #expect(asked(1000) == .seal)
        #expect(asked(1000) == .wait(.milliseconds(200)))
        #expect(asked(1150) == .none)
        #expect(due(true, 1200))
        #expect(asked(1300) == .wait(.milliseconds(100)))
        #expect(!due(false, 1400))
        #expect(asked(1401) == .seal)
        #expect(asked(1600) == .wait(.milliseconds(1)))
        #expect(due(true, 1601))
        #expect(asked(1801) == .seal)
    }
}
