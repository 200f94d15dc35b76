import Gateway
import Model
import Simulation
import SystemPackage
import Testing

@testable import World

/// Segments that can't be sealed.
@Suite struct SealingTests {
    private let world = World(Trial(seed: 1, hours: 0.01))
    private var machine: Machine { world.machines[0] }

    @Test("health says so for as long as a seal fails, also where the next batch heals it and not the clock")
    func healed() async throws {
        machine.begin()
        let gateway = try #require(machine.life).gateway
        world.send("a", to: machine)
        world.loop.run(for: .seconds(1))
        #expect(gateway.readiness().word == "ok")
        machine.disk.setFailures { operation in
            let path = operation.path.string
            return path.hasPrefix("/journal/audit/") && path.hasSuffix(".sealing") ? .ioError : nil
        }
        world.loop.run(for: world.plan.segmentMaxAge + .seconds(2))
        #expect(gateway.readiness().word == "degraded" && gateway.readiness().ready)
        machine.disk.setFailures(nil)
        world.send("b", to: machine)
        world.loop.run(for: .milliseconds(50))
        #expect(gateway.readiness().word == "ok")
        try await world.settleAndReckon("healed")
    }
}
