import Files
import Gateway
import Journal
import Model
import Testing

@Suite struct GatewayTests {
    @Test("an available batch: journaled, then landed when the gateway stops")
    func available() async throws {
        let zone = try TestZone()
        let gateway = try zone.open()
        let receipt = try #require(await gateway.send("{\"a\":1}\n{\"a\":2}\n", to: "logs", key: "k").receipt)
        #expect(receipt.durability == .journaled && !receipt.replayed)
        #expect(receipt.received == 2 && receipt.accepted == 2 && receipt.rejected.isEmpty)
        #expect(receipt.sequence?.range == SequenceRange(first: 0, count: 2))
        let again = try #require(await gateway.send("{\"a\":1}\n{\"a\":2}\n", to: "logs", key: "k").receipt)
        #expect(again.replayed && again.sequence == receipt.sequence)
        #expect(gateway.stop(within: .seconds(20)).clean)
        #expect(zone.objects("logs/").count == 1)
        #expect(zone.objects("logs/")[0].hasSuffix("local_\(gateway.incarnation)_0-1.json.gz"))
        #expect((1...2).contains(zone.objects("_ledger/").count), "one at the start, one at the end, or both in one")
        guard case .stopping? = await gateway.send("{}", to: "logs").refusal else {
            Issue.record("a stopped gateway takes batches")
            return
        }
    }

    @Test("the same key is recognised after a restart; another body under it is refused")
    func restart() async throws {
        let zone = try TestZone()
        let first = try zone.open()
        let receipt = try #require(await first.send("{\"a\":1}\nbad\n", to: "logs", key: "k").receipt)
        #expect(receipt.accepted == 1 && receipt.rejected.map(\.index) == [1])
        #expect(first.stop(within: .seconds(20)).clean)
        let second = try zone.open()
        let again = try #require(await second.send("{\"a\":1}\nbad\n", to: "logs", key: "k").receipt)
        #expect(again.replayed && again.sequence == receipt.sequence)
        #expect(again.rejected.map(\.reason) == receipt.rejected.map(\.reason))
        guard case .keyReused? = await second.send("{\"a\":2}\n", to: "logs", key: "k").refusal else {
            Issue.record("another body was taken")
            return
        }
        #expect(second.stop(within: .seconds(20)).clean)
        #expect(zone.objects("logs/").count == 1 && zone.objects("_quarantine/").count == 1)
    }

    @Test("a batch whose events are all refused lands no object, and holds up nothing")
    func allRejected() async throws {
        let zone = try TestZone()
        let gateway = try zone.open { $0.journal.segmentMaxAge = .milliseconds(1) }
        let receipt = try #require(await gateway.send("bad\n", to: "logs", key: "k").receipt)
        #expect(receipt.accepted == 0 && receipt.quarantined == 1 && receipt.sequence == nil)
        try await Task.sleep(for: .milliseconds(300))
        #expect(await gateway.send("{}\n", to: "logs", key: "l").receipt?.accepted == 1)
        #expect(await gateway.send("bad\n", to: "logs", key: "k").receipt?.replayed == true)
        #expect(gateway.stop(within: .seconds(20)).clean)
        #expect(zone.objects("logs/").count == 1)
        let next = try zone.open()
        #expect(
            await next.send("bad\n", to: "logs", key: "k").receipt?.replayed == true, "its key outlives the segment")
        #expect(next.stop(within: .seconds(20)).clean)
    }

    @Test("a strong batch is one object; the same key gives it again, another body under it is refused")
    func strong() async throws {
        let zone = try TestZone()
        let gateway = try zone.open()
        let receipt = try #require(await gateway.send("{\"a\":1}\n", to: "bills", key: "k").receipt)
        #expect(receipt.durability == .landed && !receipt.replayed && receipt.sequence == nil)
        #expect(zone.objects("bills/") == [receipt.object])
        let again = try #require(await gateway.send("{\"a\":1}\n", to: "bills", key: "k").receipt)
        #expect(again.replayed && again.object == receipt.object)
        guard case .keyReused? = await gateway.send("{\"a\":2}\n", to: "bills", key: "k").refusal else {
            Issue.record("another body was taken")
            return
        }
        #expect(zone.objects("bills/").count == 1)
        #expect(gateway.stop(within: .seconds(20)).clean)
    }

    @Test("a strong stream takes all events or none")
    func strongAllOrNone() async throws {
        let zone = try TestZone()
        let gateway = try zone.open()
        let outcome = await gateway.send("{\"a\":1}\n{\"a\":1,\"a\":2}\n", to: "bills", key: "k")
        guard case .invalidEvents(let received, let rejections)? = outcome.refusal else {
            Issue.record("taken: \(outcome)")
            return
        }
        #expect(received == 2 && rejections.map(\.reason) == [.duplicateMember])
        #expect(zone.objects("bills/").isEmpty)
        #expect(gateway.stop(within: .seconds(20)).clean)
    }

    @Test("a store that creates without saying so: one object, and a true receipt")
    func unknownOutcome() async throws {
        let zone = try TestZone()
        let gateway = try zone.open()
        zone.store.set(.silent(2))
        let receipt = try #require(await gateway.send("{\"a\":1}\n", to: "bills", key: "k").receipt)
        #expect(receipt.accepted == 1 && zone.objects("bills/") == [receipt.object])
        #expect(await gateway.send("{\"b\":1}\n", to: "logs").receipt != nil)
        zone.store.set(.silent(3))
        #expect(gateway.stop(within: .seconds(20)).clean)
        #expect(zone.objects("logs/").count == 1)
    }

    @Test(
        "a store that is slow: refused at the deadline, as is who repeats it; the first answer that comes in time is a receipt"
    )
    func slowStore() async throws {
        let zone = try TestZone()
        let gateway = try zone.open()
        zone.store.set(.slow)
        for _ in 0..<2 {
            let refusal = await gateway.send("{}", to: "bills", key: "k", within: .milliseconds(200)).refusal
            guard case .landingUnavailable(_, let wait)? = refusal else { throw Unexpected(refusal) }
            #expect(wait > .zero)
        }
        async let third = gateway.send("{}", to: "bills", key: "k")
        try await Task.sleep(for: .milliseconds(100))
        zone.store.set(.well)
        let receipt = try #require(await third.receipt)
        #expect(receipt.durability == .landed && zone.objects("bills/") == [receipt.object])
        #expect(gateway.stop(within: .seconds(20)).clean)
    }

    private struct Unexpected: Error {
        var refusal: Refusal?
        init(_ refusal: Refusal?) { self.refusal = refusal }
    }

    @Test("a store that refuses: strong streams refuse, available ones go on, and land later")
    func refusingStore() async throws {
        let zone = try TestZone()
        let gateway = try zone.open()
        zone.store.set(.refusing)
        guard case .landingUnavailable? = await gateway.send("{}", to: "bills", key: "k", within: .seconds(1)).refusal
        else {
            Issue.record("a strong stream promised what the store refused")
            return
        }
        #expect(await gateway.send("{}", to: "logs").receipt?.accepted == 1)
        #expect(!gateway.stop(within: .milliseconds(500)).clean)
        #expect(zone.objects().isEmpty)
        zone.store.set(.well)
        let next = try zone.open()
        #expect(await next.send("{}", to: "bills", key: "k").receipt?.replayed == false)
        #expect(next.stop(within: .seconds(20)).clean)
        #expect(zone.objects("logs/").count == 1)
    }

    @Test("many at once with one key: one batch, the same receipt for all")
    func concurrentKey() async throws {
        let zone = try TestZone()
        let gateway = try zone.open()
        for stream in ["logs", "bills"] {
            let receipts = await withTaskGroup(of: Receipt?.self) { group in
                for _ in 0..<8 { group.addTask { await gateway.send("{}", to: stream, key: "same").receipt } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(receipts.allSatisfy { $0?.accepted == 1 && $0?.sequence == receipts[0]?.sequence })
            #expect(receipts.count { $0?.replayed == false } == 1, "\(stream)")
        }
        #expect(gateway.stop(within: .seconds(20)).clean)
        #expect(zone.objects("bills/").count == 1)
    }

    @Test("what is no stream, empty or too much is refused")
    func refusals() async throws {
        let zone = try TestZone()
        let gateway = try zone.open()
        guard case .unknownStream? = await gateway.send("{}", to: "other").refusal,
            case .unknownStream? = await gateway.send("{}", to: "_ledger").refusal,
            case .emptyBody? = await gateway.send("", to: "logs").refusal,
            case .emptyBody? = await gateway.send("\n", to: "logs").refusal,
            case .tooManyEvents? = await gateway.send(String(repeating: "{}\n", count: 10_001), to: "logs").refusal
        else {
            Issue.record("something was not refused as it should be")
            return
        }
        #expect(gateway.stream(named: StreamName("_ledger")!) == nil)
        #expect(gateway.readiness().ready)
        #expect(gateway.stop(within: .seconds(20)).clean)
        #expect(!gateway.readiness().ready)
    }
}
