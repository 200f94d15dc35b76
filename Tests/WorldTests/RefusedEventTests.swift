import Gateway
import Model
import Payload
import Simulation
import SystemPackage
import Testing

@testable import World

/// Events that are refused, where something goes wrong meanwhile.
@Suite struct RefusedEventTests {
    private let world = World(Trial(seed: 1, hours: 0.01))
    private var machine: Machine { world.machines[0] }

    @Test("what a later try refuses is in _quarantine too, where the settings have changed since the first")
    func reloaded() async throws {
        machine.begin()
        check(members: false)
        machine.disk.setFailures { $0.path.string.hasPrefix("/journal/audit/") ? .noSpace : nil }
        let offer = Offer("k", [.broken, .twofold, .sound])
        world.send(offer, to: machine)
        world.loop.run(for: .seconds(1))
        #expect(world.record.refusals == ["journalFull": 1], "its refused event is in _quarantine by now")
        machine.disk.setFailures(nil)
        check(members: true)
        world.send(offer, to: machine)
        world.loop.run(for: .seconds(1))
        let told = world.record.acknowledged[StreamName("audit")!]?.values.first
        #expect(told?.refused == [0, 1])
        try await world.settleAndReckon("reloaded")
    }

    private func check(members: Bool) {
        machine.adopt(
            world.streams.map { stream in
                var stream = stream
                stream.rules.checkDuplicateMembers = members
                return stream
            })
    }
}
