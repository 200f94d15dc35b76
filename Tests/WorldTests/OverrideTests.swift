import Gateway
import Model
import Simulation
import SystemPackage
import Testing

@testable import World

/// What operators say of a zone.
@Suite struct OverrideTests {
    @Test("a hold that the process died in saying is in force for good after the start that found it, or never")
    func diedInSaying() throws {
        var found: Set<PartitionControl.Override> = []
        for run in 0..<150 {
            let operations = run % 50
            let world = World(Trial(seed: UInt64(run), hours: 0.01))
            let machine = world.machines[0]
            machine.begin()
            world.loop.run(for: .seconds(60))
            machine.die(inside: operations, powerCut: false, seed: 1)
            machine.steer(.main, .hold)
            world.loop.run(for: .seconds(60))
            found.insert(try #require(machine.life).status(.main).override)
            // The next start is held to what this one showed.
            machine.die(powerCut: true, seed: UInt64(run))
            world.loop.run(for: .seconds(60))
            #expect(machine.life != nil)
            try world.throwViolations()
            machine.life?.end()
            world.loop.end()
        }
        #expect(found == [.auto, .hold])
    }

    @Test("a gateway that can't read what an operator said does not start as if nobody had said anything")
    func unreadable() throws {
        let world = World(Trial(seed: 1, hours: 0.01), keepsHistory: true)
        let machine = world.machines[0]
        machine.begin()
        machine.steer(.main, .hold)
        world.loop.run(for: .seconds(60))
        machine.die(powerCut: false, seed: 1)
        // Until the first start has failed of it.
        machine.disk.setFailures { $0.path.string.hasPrefix("/journal/.zones/") ? .ioError : nil }
        world.loop.run(for: .seconds(60))
        #expect(world.timeline.contains { $0.contains("can't start: what operators said of zone main can't be read") })
        #expect(try #require(machine.life).status(.main).override == .hold)
        try world.throwViolations()
        machine.life?.end()
        world.loop.end()
    }
}
