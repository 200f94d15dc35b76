import Files
import Gateway
import Model
import Payload
import Simulation
import SystemPackage
import Testing

@testable import World

/// What a life's ledger begins with, where it can't be written at once.
@Suite struct FirstFactsTests {
    private let world = World(Trial(seed: 1, hours: 0.01))
    private var machine: Machine { world.machines[0] }
    private var links: [Link] { world.regions[0].links.values.map(\.self) }

    @Test("complete-through does not rest on the time at which a life's first facts could at last be written")
    func opened() throws {
        machine.begin()
        machine.disk.setFailures { $0.path.string.hasPrefix("/journal/_ledger") ? .ioError : nil }
        let life = try #require(machine.life)
        let answer = Answer()
        life.submit("{\"id\":\"a\"}\n", key: "k", stream: StreamName("audit")!, .available) { answer.outcome = $0 }
        world.loop.run(for: .milliseconds(500))
        let acknowledged = life.clock.now()
        guard case .receipt = answer.outcome else { return #expect(Bool(false), "\(answer.outcome as Any)") }
        world.loop.run(for: .seconds(3))
        machine.disk.setFailures(nil)
        world.loop.run(for: .seconds(120))
        let lines = try world.ledgerLines().filter { $0.contains("\"incarnation_opened\"") }
        #expect(lines.count == 1)
        let at = try #require(lines.first?.firstMatch(of: #/"at":"([^"]*)"/#)?.output.1)
        #expect(try #require(Timestamp(rfc3339: String(at))) < acknowledged)
    }

    @Test("a start on a disk that has no room for its first facts lands what earlier lives stated, which makes room")
    func full() throws {
        machine.begin()
        for link in links { link.begin(.cut, of: 0) }
        world.loop.run(for: .seconds(600))
        machine.die(powerCut: false, seed: 1)
        // What the gateway leaves free is gone, but for what key logs and sidecars need.
        try machine.fill(leaving: 30 << 10)
        world.loop.run(for: .seconds(60))
        let life = try #require(machine.life)
        #expect(try world.ledgerLines().isEmpty)
        for link in links { link.end(of: 0) }
        world.loop.run(for: .seconds(600))
        let lines = try world.ledgerLines().filter { $0.contains("\"incarnation_opened\"") }
        #expect(lines.count == 2, "the second life could not say that it is there")
        #expect(life.gateway.zoneStatus.allSatisfy { $0.backlogSegments == 0 })
    }

    @Test("what has landed makes room, however little is left for the fact that lets it go")
    func landed() throws {
        machine.begin()
        for link in links { link.begin(.cut, of: 0) }
        let life = try #require(machine.life)
        let audit = StreamName("audit")!
        life.submit("{\"id\":\"a\"}\n", key: "k", stream: audit, .available) { _ in }
        world.loop.run(for: .seconds(31))
        #expect(life.gateway.footprint.held[audit] ?? 0 > 0)
        // All that the ledger holds by now would not make room for facts that leave anything free.
        try machine.fill(leaving: 8 << 10)
        for link in links { link.end(of: 0) }
        world.loop.run(for: .seconds(300))
        #expect(life.gateway.zoneStatus.allSatisfy { $0.backlogSegments == 0 })
        #expect(life.gateway.footprint.held[audit] == 0, "it has landed, and is still there")
    }

    private final class Answer: @unchecked Sendable {
        // SAFETY: a world runs on one thread.
        var outcome: BatchOutcome?
    }
}

extension World {
    fileprivate func ledgerLines() throws -> [String] {
        try bucket(of: .ledger).objects.filter { $0.key.hasPrefix("_ledger/") }.values.flatMap { object in
            String(decoding: try LandedText.of(object), as: UTF8.self).split(separator: "\n").map(String.init)
        }
    }
}

extension Machine {
    /// Another program takes what is free.
    fileprivate func fill(leaving free: Int64) throws {
        let files = disk.fileSystem
        let file = try files.open("/ballast", .create)
        let taken = try files.freeBytes("/") - free
        try file.reserve(from: 0, count: taken)
    }
}
