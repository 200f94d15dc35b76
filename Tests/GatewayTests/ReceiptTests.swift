import Gateway
import Journal
import Model
import SystemPackage
import Testing

@Suite struct ReceiptTests {
    @Test("a receipt by key says journaled, then landed and where, also after a restart")
    func available() async throws {
        let zone = try TestZone()
        let gateway = try zone.open()
        let first = try #require(await gateway.send("{\"a\":1}\nbad\n", to: "logs", key: "k").receipt)
        let journaled = try #require(await gateway.find("k", in: "logs").receipt)
        #expect(journaled.durability == .journaled && journaled.object == nil && journaled.replayed)
        #expect(
            journaled.sequence == first.sequence && journaled.rejected.map(\.reason) == first.rejected.map(\.reason))
        #expect(gateway.stop(within: .seconds(20)).clean)
        for _ in 0..<2 {
            let next = try zone.open()
            let landed = try #require(await next.find("k", in: "logs").receipt)
            #expect(landed.durability == .landed && [landed.object] == zone.objects("logs/"))
            #expect(landed.sequence == first.sequence && landed.rejected.map(\.index) == [1])
            let replayed = try #require(await next.send("{\"a\":1}\nbad\n", to: "logs", key: "k").receipt)
            #expect(replayed.replayed && replayed.durability == .landed && replayed.object == landed.object)
            #expect(next.stop(within: .seconds(20)).clean)
        }
    }

    @Test("a batch whose events were all refused has landed once its quarantined lines have, and is in no object")
    func allRefused() async throws {
        let zone = try TestZone()
        let gateway = try zone.open()
        _ = await gateway.send("bad\n", to: "logs", key: "k")
        #expect(await gateway.find("k", in: "logs").receipt?.durability == .journaled)
        #expect(gateway.stop(within: .seconds(20)).clean)
        let next = try zone.open()
        let receipt = try #require(await next.find("k", in: "logs").receipt)
        #expect(receipt.durability == .landed && receipt.object == nil && receipt.quarantined == 1)
        #expect(next.stop(within: .seconds(20)).clean)
    }

    @Test("a strong stream's receipt comes from the landing zone, whoever landed it")
    func strong() async throws {
        let zone = try TestZone()
        let gateway = try zone.open()
        let first = try #require(await gateway.send("{\"a\":1}\n{\"a\":2}\n", to: "bills", key: "k").receipt)
        let other = try zone.open {
            $0.name = GatewayName("other")!
            $0.journalDirectory.append("other")
        }
        let found = try #require(await other.find("k", in: "bills").receipt)
        #expect(found.durability == .landed && found.object == first.object && found.accepted == 2 && found.replayed)
        guard case .unknownBatch(.seconds(2_592_000))? = await other.find("none", in: "bills").refusal,
            case .unknownBatch? = await other.find("k", in: "bills", by: "somebody").refusal
        else {
            Issue.record("a batch that is not there was found")
            return
        }
        zone.store.set(.unreadable)
        guard case .landingUnavailable? = await other.find("k", in: "bills").refusal else {
            Issue.record("a zone that can't be asked says that there is no batch")
            return
        }
        zone.store.set(.well)
        #expect(gateway.stop(within: .seconds(20)).clean && other.stop(within: .seconds(20)).clean)
    }

    @Test("unknown keys, other producers' keys, and streams that are none")
    func unknown() async throws {
        let zone = try TestZone()
        let gateway = try zone.open { $0.idempotencyWindow = .seconds(100) }
        _ = await gateway.send("{}", to: "logs", key: "k")
        guard case .unknownBatch(.seconds(100))? = await gateway.find("l", in: "logs").refusal,
            case .unknownBatch? = await gateway.find("k", in: "logs", by: "somebody").refusal,
            case .unknownStream? = await gateway.find("k", in: "none").refusal,
            case .unknownStream? = await gateway.find("k", in: "_quarantine").refusal
        else {
            Issue.record("something was found")
            return
        }
        #expect(gateway.stop(within: .seconds(20)).clean)
        guard case .stopping? = await gateway.find("k", in: "logs").refusal else {
            Issue.record("a stopped gateway answers")
            return
        }
    }

    @Test("while a request with the key is worked on, nobody can say")
    func inFlight() async throws {
        let zone = try TestZone()
        let gateway = try zone.open()
        zone.store.set(.busy)
        async let outcome = gateway.send("{}", to: "bills", key: "k")
        var seen = false
        for _ in 0..<2000 where !seen {
            try await Task.sleep(for: .milliseconds(5))
            if case .batchInFlight? = await gateway.find("k", in: "bills").refusal { seen = true }
        }
        #expect(seen)
        guard case .batchInFlight? = await gateway.send("{\"other\":1}", to: "bills", key: "k").refusal else {
            Issue.record("which of the two bodies is taken is not decided yet")
            return
        }
        zone.store.set(.well)
        let receipt = try #require(await outcome.receipt)
        guard case .keyReused? = await gateway.send("{\"other\":1}", to: "bills", key: "k").refusal else {
            Issue.record("the key is another body's by now")
            return
        }
        #expect(await gateway.find("k", in: "bills").receipt?.object == receipt.object)
        #expect(gateway.stop(within: .seconds(20)).clean)
    }

    @Test("readiness says through when each stream has landed")
    func landedThrough() async throws {
        let zone = try TestZone()
        let gateway = try zone.open { $0.positionInterval = .milliseconds(20) }
        func detail() -> String { gateway.readiness().checks.first { $0.name == "stream logs" }?.detail ?? "" }
        #expect(detail().contains("landed through 20"))
        let before = SystemTime().now()
        _ = await gateway.send("{}", to: "logs")
        try await Task.sleep(for: .milliseconds(100))
        let held = try #require(gateway.landedThrough(StreamName("logs")!))
        #expect(held.microseconds <= SystemTime().now().microseconds - 50_000, "it stands still")
        zone.store.set(.refusing)
        #expect(!gateway.stop(within: .milliseconds(300)).clean)
        zone.store.set(.well)
        let next = try zone.open()
        var through: Timestamp?
        for _ in 0..<400 where through == nil {
            through = next.landedThrough(StreamName("logs")!)
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(try #require(through) > before)
        #expect(next.stop(within: .seconds(20)).clean)
    }
}
