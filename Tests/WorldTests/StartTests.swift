import Gateway
import Model
import Simulation
import SystemPackage
import Testing

@testable import World

/// Starts that go wrong.
@Suite struct StartTests {
    private let world = World(Trial(seed: 1, hours: 0.01))
    private var machine: Machine { world.machines[0] }

    @Test("wherever a start dies, after the end of a journal has rotted, complete-through goes on in the end")
    func dying() async throws {
        // Far enough for the longest start and the first facts.
        for operation in 0..<150 {
            let world = World(Trial(seed: 1, hours: 0.01))
            let machine = world.machines[0]
            machine.begin()
            world.send("first", to: machine)
            world.loop.run(for: .seconds(12))
            world.send("last", to: machine)
            world.loop.run(for: .seconds(3))
            machine.die(powerCut: false, seed: 1)
            try world.rotEnd(of: StreamName("audit")!, on: machine)
            machine.die(inside: operation, powerCut: true, seed: UInt64(operation))
            try await world.settleAndReckon("inside operation \(operation) of the start")
        }
    }

    @Test("the disk fails once while the trail's head is read at start: the chain goes on", arguments: 0..<3)
    func trailHead(_ number: Int) async throws {
        machine.begin()
        for override in [PartitionControl.Override.hold, .auto, .hold, .auto] {
            _ = try machine.life?.gateway.override(.main, override, by: "operator", reason: "because")
            world.loop.run(for: .seconds(5))
        }
        machine.die(powerCut: false, seed: 1)
        let failing = Failing(after: number)
        machine.disk.setFailures { operation in
            operation.path.lastComponent == "trail-head.json" && failing.isNext ? .ioError : nil
        }
        try await world.settleAndReckon("once")
        #expect(failing.hasFailed || number > 0)
    }

    @Test("what is there under a segment's name stays, and stops its stream only")
    func foreign() async throws {
        machine.begin()
        let links = world.regions[0].links.values
        for link in links { link.begin(.cut, of: 0) }
        world.send("mine", to: machine)
        world.loop.run(for: .seconds(40))
        let life = try #require(machine.life)
        let audit = StreamName("audit")!
        let name = try #require(life.sealed.first { $0.stream == audit }?.object)
        let theirs = Array("theirs".utf8)
        world.bucket(of: audit).overwrite(name, theirs)
        for link in links { link.end(of: 0) }
        world.loop.run(for: .seconds(120))
        world.send("other", to: machine, stream: "metrics")
        world.loop.run(for: .seconds(120))
        #expect(world.bucket(of: audit).objects[name] == theirs && world.bucket(of: audit).overwritten.isEmpty)
        #expect(life.sealed.contains { $0.object == name }, "it is kept until somebody has looked")
        #expect(world.bucket(of: StreamName("metrics")!).objects.keys.contains { $0.hasPrefix("metrics/") })
    }

    private final class Failing: @unchecked Sendable {
        // SAFETY: a world runs on one thread.
        private var left: Int
        init(after: Int) { left = after }
        var hasFailed: Bool { left < 0 }
        /// True once.
        var isNext: Bool {
            left -= 1
            return left == -1
        }
    }
}

extension World {
    /// One event of that key; the record takes its receipt down.
    func send(_ key: String, to machine: Machine, stream: String = "audit") {
        send(Offer(key), to: machine, stream: stream)
    }

    func send(_ offer: Offer, to machine: Machine, stream: String = "audit") {
        guard let life = machine.life else { return }
        let stream = StreamName(stream)!
        record.offer(offer, to: stream)
        let delivery = Delivery(offer, of: stream, .available, to: machine, life, self)
        life.submit(offer.text, key: offer.key, stream: stream, .available) { [self] in take($0, of: delivery) }
    }

    /// The last byte of the stream's journal is another.
    func rotEnd(of stream: StreamName, on machine: Machine) throws {
        let segment = try #require(
            machine.disk.files().filter {
                $0.string.hasPrefix("/journal/\(stream)/") && $0.string.hasSuffix(".json.gz")
            }
            .max { $0.string < $1.string })
        let end = try machine.disk.contents(segment).lastIndex { $0 != 0 }
        try machine.disk.flipBit(segment, try #require(end) * 8)
        record.add(Rot(path: segment, stream: stream, events: ["last-0"], looksLater: false), on: machine.gatewayName)
    }

    /// All is calm for ten minutes; then everything must hold.
    func settleAndReckon(_ what: String) async throws {
        loop.run(for: .seconds(600))
        try throwViolations()
        do { try await reckon() } catch { throw Violation(error.promise, "\(what): \(error.detail)") }
        for machine in machines { machine.life?.end() }
        loop.end()
    }
}
