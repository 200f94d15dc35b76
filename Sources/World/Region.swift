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
    private unowned let world: World
    private let loop: StepLoop
    private(set) var life: Life?
    /// As the settings file has them; a gateway that starts reads it.
    private(set) var streams: [StreamConfiguration]
    /// Whether the machine goes down with the process when the disk stops inside an operation.
    private var losesPower = false
    /// The fault that makes the disk fail.
    private var diskFault: Int?
    /// The next start ends inside its disk operation of this number.
    private var endOfNextStart: Int?

    init(_ name: String, _ world: World, _ loop: StepLoop, capacity: Int64) {
        self.name = name
        gatewayName = GatewayName(name)!
        self.world = world
        self.loop = loop
        link = Link(loop)
        streams = world.streams
        clock = loop.makeClock()
        disk = SimulatedDisk(capacity: capacity)
    }

    func start() {
        let steps = LifeSteps(loop) { [unowned self] in noticeEnd() }
        let files = disk.fileSystem
        let store = LinkedStore(world.bucket, link, loop, steps, files, world.trial.betrayal)
        if let endOfNextStart { disk.cutPower(afterOperations: endOfNextStart) }
        endOfNextStart = nil
        do {
            let incarnation = Incarnation(rawValue: loop.random.next())
            let gateway = try Gateway.open(
                configuration, files: files, stores: [.main: store], time: clock, incarnation: incarnation,
                workers: WorkerPool(steps: steps), log: Logger(label: "world") { _ in SwiftLogNoOpLogHandler() },
                observer: { [unowned self] in tell($0) }, steps: steps)
            world.history.note(name, "the gateway is up, incarnation \(incarnation)")
            life = Life(gateway, steps, clock)
            noticeEnd()
        } catch {
            // A disk that fails while the journal is recovered: the supervisor tries again.
            world.history.note(name, "the gateway can't start: \(error)")
            steps.end()
            recover(powerCut: losesPower)
            loop.later(after: .seconds(5)) { [self] in if life == nil { start() } }
        }
    }

    /// The process dies, or the machine loses its power, at this very moment; it is back a while later.
    func die(powerCut: Bool, rot: UInt64? = nil) {
        if let life {
            world.noteDeath()
            life.end()
            self.life = nil
            recover(powerCut: powerCut)
            loop.later(after: loop.spread(0.1...world.downSecondsMax)) { [self] in if self.life == nil { start() } }
        }
        if let rot { strike(rot) }
    }

    /// The process will die inside the disk operation that comes after so many.
    func die(inside operations: Int, powerCut: Bool) {
        losesPower = powerCut
        if life == nil { endOfNextStart = operations } else { disk.cutPower(afterOperations: operations) }
    }

    /// The settings change, and a gateway that runs reads them again.
    func adopt(_ streams: [StreamConfiguration]) {
        self.streams = streams
        life?.gateway.adopt(streams)
    }

    func eventsMax(of stream: StreamName) -> Int { streams.first { $0.name == stream }?.rules.maxEvents ?? 0 }

    /// Until that fault is over, another one comes or the process ends.
    func failDisk(_ faults: DiskFaults, of fault: Int) {
        diskFault = fault
        disk.setFailures { faults.failure(of: $0) }
    }

    func mendDisk(of fault: Int) {
        if diskFault == fault { disk.setFailures(nil) }
    }

    /// Nothing goes wrong any more, and no end is planned.
    func calm() {
        link.calm()
        adopt(world.streams)
        endOfNextStart = nil
        disk.cutPower(afterOperations: nil)
        disk.setFailures(nil)
    }

    private func noticeEnd() {
        guard life != nil, disk.isCut else { return }
        world.history.note(name, losesPower ? "the machine has lost its power" : "the process is dead")
        die(powerCut: losesPower)
    }

    private func recover(powerCut: Bool) {
        disk.setFailures(nil)
        losesPower = false
        if powerCut { disk.crash(using: &loop.random) } else { disk.killProcess() }
    }

    /// A bit of a journal flips.
    func strike(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let streams = world.streams.filter { $0.consistency == .available }.map(\.name) + [.ledger, .trail]
        guard let rot = try? Rot.strike(disk, streams, &random) else { return }
        world.history.note(name, "a bit flips in \(rot.path), in the block of \(rot.events.joined(separator: ", "))")
        world.record.add(rot)
    }

    private func tell(_ change: ZoneChange) {
        switch change.what {
        case .observed(let from, let to):
            // The bound on draining, and its order, hold only for what is known to be a backlog.
            if from == .partitioned, to == .connected, let status = life?.status, status.override == .auto,
                status.backlogSegments > 0
            {
                world.violate(
                    "\(name): healed with \(status.backlogSegments) segments waiting, and drains none of them")
            }
            world.history.note(name, "the landing zone goes from \(from.rawValue) to \(to.rawValue): \(change.reason)")
        case .overridden(let from, let to):
            world.history.note(name, "the landing zone was set from \(from.rawValue) to \(to.rawValue)")
        }
    }

    private var configuration: GatewayConfiguration {
        var journal = JournalConfiguration()
        journal.segmentMaxAge = world.plan.segmentMaxAge
        journal.reserveStepBytes = 4096
        var configuration = GatewayConfiguration(
            name: gatewayName, streams: streams, journalDirectory: "/journal", journal: journal,
            version: "world")
        configuration.journalReserveBytes = 128 << 10
        configuration.journalBudgetBytes = world.plan.journalBudgetBytes
        configuration.positionInterval = world.plan.positionInterval
        configuration.landing.drainOrder = world.plan.drainOrder
        return configuration
    }
}
