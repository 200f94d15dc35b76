import Gateway
import Model
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
}
