import Audit
import Model
import Simulation
import Testing

/// Several gateways live, crash, stop and come back while their segments and ledgers land in any order. Beside it a record is
/// kept of every acknowledgement; complete-through must never go beyond what it allows, and must get there in the end.
@Suite struct CompletenessPropertyTests {
    private struct Segment {
        var life: GatewayLife
        var stream: StreamName
        var range: Range<UInt64>
    }
    private struct Acknowledgement {
        var time: Timestamp
        var life: GatewayLife
        var stream: StreamName
        var first: UInt64
        var end: UInt64
        /// Of a strong stream.
        var object: String?
    }

    private struct World {
        var random: SeededGenerator
        var now: Int64 = 0
        var gateways: [Gateway]
        var acknowledged: [Acknowledgement] = []
        var landed: [Life: [Range<UInt64>]] = [:]
        var objects: Set<String> = []
        var lines: [GatewayLife: [PlacedFact]] = [:]
        var lost: [Segment] = []
        let streams = [StreamName("a")!, StreamName("b")!]
        let strong = StreamName("s")!

        mutating func chance(_ oneIn: Int) -> Bool { Int.random(in: 0..<oneIn, using: &random) == 0 }
    }

    private struct Gateway {
        var name: GatewayName
        var lives: [GatewayLife] = []
        var isUp = false
        var next: [StreamName: UInt64] = [:]
        var sealed: [StreamName: UInt64] = [:]
        var isCut = false
        /// Sealed, not yet landed.
        var journal: [Segment] = []
        var life: GatewayLife { lives.last! }
    }

    @Test("complete-through never goes beyond the record of acknowledgements, and reaches it when all has landed")
    func property() throws {
        var proved = 0
        for seed in UInt64(0)..<500 {
            var world = World(
                random: SeededGenerator(seed: seed),
                gateways: ["eu", "us", "ap"].prefix(1 + Int(seed % 3)).map { Gateway(name: GatewayName($0)!) })
            for _ in 0..<120 {
                step(&world)
                if world.chance(6), try check(world, seed) { proved += 1 }
            }
            heal(&world)
            let end = world.now
            _ = try check(world, seed)
            // Where the disk lost a part of a ledger, it may have lost the only word of an earlier loss.
            if world.lost.contains(where: { $0.stream == .ledger }) { continue }
            for stream in world.streams + [world.strong] {
                let found = conclude(world, stream)
                let through = try #require(found.through, "seed \(seed): \(found.heldBackBy)")
                let running = world.gateways.contains(where: \.isUp)
                #expect(through.microseconds >= (running ? end - 3 : 0), "seed \(seed): \(found)")
            }
        }
        #expect(proved > 3000, "it says something most of the time")
    }

    // MARK: Steps

    private func step(_ world: inout World) {
        world.now += Int64.random(in: 1...3, using: &world.random)
        let index = Int.random(in: world.gateways.indices, using: &world.random)
        guard world.gateways[index].isUp else {
            if world.chance(3) { start(index, &world) }
            return land(index, &world)
        }
        switch Int.random(in: 0..<20, using: &world.random) {
        case 0..<6: take(index, &world)
        case 6..<8: takeStrong(index, &world)
        case 8..<11: state(index, &world)
        case 11..<13: seal(index, world.streams.randomElement(using: &world.random)!, &world)
        case 13: seal(index, .ledger, &world)
        case 14..<18: land(index, &world)
        case 18: world.gateways[index].isCut.toggle()
        default:
            guard world.chance(2) else { return }
            if world.chance(2) { stop(index, &world) } else { crash(index, &world) }
        }
    }

    private func say(_ index: Int, _ kind: PlacedFact.Kind, _ world: inout World) {
        let life = world.gateways[index].life
        let sequence = world.gateways[index].next[.ledger] ?? 0
        world.lines[life, default: []].append(PlacedFact(life, sequence, at: time(world), kind))
        world.gateways[index].next[.ledger] = sequence + 1
    }

    private func time(_ world: World) -> Timestamp { Timestamp(microseconds: world.now) }

    private func take(_ index: Int, _ world: inout World) {
        let stream = world.streams.randomElement(using: &world.random)!
        let first = world.gateways[index].next[stream] ?? 0
        let end = first + UInt64.random(in: 1...4, using: &world.random)
        world.gateways[index].next[stream] = end
        world.acknowledged.append(
            .init(time: time(world), life: world.gateways[index].life, stream: stream, first: first, end: end))
    }

    /// The object, then the fact, then the answer; a crash may come between any two. Now and then somebody deletes it.
    private func takeStrong(_ index: Int, _ world: inout World) {
        guard !world.gateways[index].isCut else { return }
        let object = "s\(world.now)-\(index)"
        if !world.chance(30) { world.objects.insert(object) }
        say(index, .batchLanded(world.strong, object: object, isThere: world.objects.contains(object)), &world)
        world.acknowledged.append(
            .init(
                time: time(world), life: world.gateways[index].life, stream: world.strong, first: 0, end: 0,
                object: object))
    }

    private func state(_ index: Int, _ world: inout World) {
        let next = world.gateways[index].next
        for stream in world.streams { say(index, .position(stream, next: next[stream] ?? 0), &world) }
        say(index, .position(.ledger, next: next[.ledger] ?? 0), &world)
        // A batch of facts is one batch: it is sealed whole.
        if world.chance(3) { seal(index, .ledger, &world) }
    }

    private func seal(_ index: Int, _ stream: StreamName, _ world: inout World) {
        let life = world.gateways[index].life
        let first = world.gateways[index].sealed[stream] ?? 0
        let end = world.gateways[index].next[stream] ?? 0
        guard end > first else { return }
        world.gateways[index].sealed[stream] = end
        world.gateways[index].journal.append(Segment(life: life, stream: stream, range: first..<end))
        if stream != .ledger { say(index, .reached(stream, life.incarnation, end: end), &world) }
    }

    private func land(_ index: Int, _ world: inout World) {
        guard !world.gateways[index].isCut, !world.gateways[index].journal.isEmpty, world.gateways[index].isUp else {
            return
        }
        // Oldest first as a rule, newest first while draining by that order: any order must do.
        let place =
            world.chance(2) ? 0 : Int.random(in: world.gateways[index].journal.indices, using: &world.random)
        let segment = world.gateways[index].journal.remove(at: place)
        world.landed[segment.life.life(segment.stream), default: []].append(segment.range)
        if segment.stream != .ledger {
            say(
                index, .reached(segment.stream, segment.life.incarnation, end: segment.range.upperBound), &world)
        }
    }

    private func start(_ index: Int, _ world: inout World) {
        let old = world.gateways[index].lives
        world.gateways[index].lives.append(
            GatewayLife(
                world.gateways[index].name,
                Incarnation(rawValue: UInt64.random(in: 1...UInt64.max, using: &world.random))))
        // What was never sealed is sealed by the recovery; now and then the disk has lost a part.
        var left = world.gateways[index].journal
        for stream in world.streams + [.ledger] {
            let first = world.gateways[index].sealed[stream] ?? 0
            let end = world.gateways[index].next[stream] ?? 0
            guard end > first, let life = old.last else { continue }
            let kept = first..<keptEnd(of: life, stream, first..<end, &world)
            left.append(Segment(life: life, stream: stream, range: kept))
        }
        world.gateways[index].next = [:]
        world.gateways[index].sealed = [:]
        world.gateways[index].isUp = true
        say(index, .opened, &world)
        var damaged: [Segment] = []
        if world.chance(4), !left.isEmpty {
            damaged.append(left.remove(at: Int.random(in: left.indices, using: &world.random)))
        }
        world.gateways[index].journal = left
        for life in old {
            for stream in world.streams + [.ledger] {
                let ends = (left + damaged).filter { $0.life == life && $0.stream == stream }.map(\.range.upperBound)
                // Of a life that others have followed the key log may have forgotten what landed.
                let isForgotten = life != old.last && world.chance(3)
                let landed = isForgotten ? [] : (world.landed[life.life(stream)] ?? []).map(\.upperBound)
                guard let end = (ends + landed).max() else { continue }
                say(index, .ended(stream, life.incarnation, next: end), &world)
            }
        }
        for segment in damaged {
            world.lost.append(segment)
            let count = UInt64(segment.range.count)
            say(
                index,
                .damaged(
                    segment.stream, segment.life.incarnation,
                    SequenceRange(first: segment.range.lowerBound, count: count)),
                &world)
        }
        state(index, &world)
    }

    /// Now and then the disk has damaged the end of what was not sealed. It looks like a write that was cut short, and nobody
    /// names it.
    private func keptEnd(
        of life: GatewayLife, _ stream: StreamName, _ range: Range<UInt64>, _ world: inout World
    ) -> UInt64 {
        guard stream != .ledger, world.chance(4) else { return range.upperBound }
        let end = UInt64.random(in: range, using: &world.random)
        world.lost.append(Segment(life: life, stream: stream, range: end..<range.upperBound))
        return end
    }

    private func crash(_ index: Int, _ world: inout World) { world.gateways[index].isUp = false }

    /// Seals, lands what it can, writes the ends, seals the ledger, lands what it can.
    private func stop(_ index: Int, _ world: inout World) {
        for stream in world.streams { seal(index, stream, &world) }
        landAll(index, &world)
        for stream in world.streams {
            let next = world.gateways[index].next[stream] ?? 0
            say(index, .ended(stream, world.gateways[index].life.incarnation, next: next), &world)
        }
        seal(index, .ledger, &world)
        landAll(index, &world)
        world.gateways[index].isUp = false
    }

    private func landAll(_ index: Int, _ world: inout World) {
        while !world.gateways[index].isCut, !world.gateways[index].journal.isEmpty { land(index, &world) }
    }

    /// Every gateway is up and reached, and all that is journaled lands.
    private func heal(_ world: inout World) {
        for index in world.gateways.indices {
            world.gateways[index].isCut = false
            if !world.gateways[index].isUp { start(index, &world) }
        }
        // What was deleted by hand never comes back.
        world.objects.formUnion(world.acknowledged.compactMap(\.object))
        for (life, facts) in world.lines {
            world.lines[life] = facts.map { fact in
                guard case .batchLanded(let stream, let object, _) = fact.kind else { return fact }
                return PlacedFact(
                    fact.speaker, fact.sequence, at: fact.at, .batchLanded(stream, object: object, isThere: true))
            }
        }
        for index in world.gateways.indices {
            state(index, &world)
            for stream in world.streams { seal(index, stream, &world) }
            seal(index, .ledger, &world)
            landAll(index, &world)
            // The facts of what just landed.
            state(index, &world)
            seal(index, .ledger, &world)
            landAll(index, &world)
        }
    }

    // MARK: Judging

    private func conclude(_ world: World, _ stream: StreamName) -> StreamCompleteness {
        var completeness = Completeness()
        var facts: [PlacedFact] = []
        for (life, lines) in world.lines {
            let ranges = world.landed[life.life(.ledger)] ?? []
            facts += lines.filter { fact in ranges.contains { $0.contains(fact.sequence) } }
        }
        for life in world.landed.keys { completeness.add(object: life) }
        for fact in facts { completeness.add(fact) }
        return completeness.conclude(streams: [stream], expectedThrough: Timestamp(microseconds: world.now)) {
            life, lost in
            let ranges = (world.landed[life] ?? []) + lost.map { $0.first..<$0.end }
            var next: UInt64 = 0
            for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) where range.lowerBound <= next {
                next = max(next, range.upperBound)
            }
            return .init(contiguous: next, end: ranges.map(\.upperBound).max() ?? 0)
        }[stream]!
    }

    /// Whether anything was proved.
    private func check(_ world: World, _ seed: UInt64) throws -> Bool {
        var proved = false
        let known = Set(world.landed.keys.map { GatewayLife($0) })
        for stream in world.streams + [world.strong] {
            let found = conclude(world, stream)
            guard let through = found.through else { continue }
            proved = true
            let ended = Set(found.gateways.filter { $0.state == .ended }.map(\.gateway))
            let running = Set(found.gateways.filter { $0.state == .running }.map(\.gateway))
            for batch in world.acknowledged where batch.stream == stream && batch.time <= through {
                let gateway = batch.life.gateway.rawValue
                // Nobody can know of a gateway that has landed nothing, nor of a life that began behind a cut after the
                // last one that is known ended cleanly (docs/formats.md).
                if !known.contains(batch.life), ended.contains(gateway) || !running.contains(gateway) { continue }
                #expect(
                    isThere(batch, world), "seed \(seed) at \(world.now): \(stream) through \(through) without \(batch)"
                )
            }
        }
        return proved
    }

    private func isThere(_ batch: Acknowledgement, _ world: World) -> Bool {
        if let object = batch.object { return world.objects.contains(object) }
        let lost = world.lost.filter { $0.life == batch.life && $0.stream == batch.stream }.map(\.range)
        let ranges = (world.landed[batch.life.life(batch.stream)] ?? []) + lost
        return (batch.first..<batch.end).allSatisfy { sequence in ranges.contains { $0.contains(sequence) } }
    }
}
