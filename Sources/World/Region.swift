import Files
import Gateway
import Journal
import Logging
import Model
import Payload
import Simulation
import SystemPackage

/// One region: a gateway on a disk and a clock of its own, with a link to the landing zone.
final class Region: @unchecked Sendable {
    // SAFETY: a world runs on one thread.
    let name: String
    let gatewayName: GatewayName
    let link: Link
    let clock: SimulatedTime
    let disk: SimulatedDisk
    private let world: World
    private let loop: StepLoop
    private(set) var life: Life?
    private(set) var deaths = 0

    init(_ name: String, _ world: World, _ loop: StepLoop, capacity: Int64) {
        self.name = name
        gatewayName = GatewayName(name)!
        self.world = world
        self.loop = loop
        link = Link(loop)
        clock = loop.makeClock()
        disk = SimulatedDisk(capacity: capacity)
    }

    func start() {
        let steps = LifeSteps(loop)
        let files = disk.fileSystem
        let store = LinkedStore(world.bucket, link, loop, steps, files, world.betrayal)
        do {
            let gateway = try Gateway.open(
                configuration, files: files, stores: [.main: store], time: clock,
                incarnation: Incarnation(rawValue: loop.random.next()), workers: WorkerPool(steps: steps),
                log: Logger(label: "world") { _ in SwiftLogNoOpLogHandler() }, steps: steps)
            life = Life(gateway, steps, clock)
        } catch {
            // A disk that fails while the journal is recovered: the supervisor tries again.
            steps.end()
            recover(cut: disk.isCut)
            loop.later(after: .seconds(5)) { [self] in if life == nil { start() } }
        }
    }

    /// The process dies, or the machine loses its power, at this very moment; it is back a while later.
    func die(powerCut: Bool) {
        guard let life else { return }
        deaths += 1
        life.steps.end()
        self.life = nil
        recover(cut: powerCut || disk.isCut)
        loop.later(after: loop.spread(0.1...600)) { [self] in if self.life == nil { start() } }
    }

    private func recover(cut: Bool) {
        disk.setFailures(nil)
        if cut { disk.crash(using: &loop.random) } else { disk.killProcess() }
    }

    private var configuration: GatewayConfiguration {
        var journal = JournalConfiguration()
        journal.segmentMaxAge = .seconds(30)
        journal.reserveStepBytes = 4096
        var configuration = GatewayConfiguration(
            name: gatewayName, streams: world.streams, journalDirectory: "/journal", journal: journal,
            version: "world")
        configuration.journalReserveBytes = 64 << 10
        configuration.journalBudgetBytes = world.journalBudgetBytes
        configuration.positionInterval = .seconds(30)
        configuration.landing.drainOrder = world.drainOrder
        return configuration
    }
}
