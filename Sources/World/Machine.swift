import Files
import Gateway
import Journal
import Landing
import Logging
import Model
import Payload
import Simulation
import SystemPackage

/// A gateway on a disk and a clock of its own.
final class Machine: @unchecked Sendable {
    // SAFETY: a world is one task, and nothing of it runs beside another part.
    let name: String
    let gatewayName: GatewayName
    let clock: SimulatedTime
    let disk: SimulatedDisk
    private unowned let world: World
    unowned let region: Region
    private let strand: Strand
    private var loop: StepLoop { strand.loop }
    private(set) var life: Life?
    private(set) var hasDied = false
    private var orders = 0
    /// The last words of operators: more than one where it is not known which of them the disk has.
    private var overrides: [ZoneName: Set<PartitionControl.Override>] = [:]
    /// When anything last went wrong on it, or was over.
    private var disturbed = MonotonicInstant(nanoseconds: 0)
    /// When each zone's mode last changed, and when it last was, or ceased to be, cut off.
    private(set) var modeChanged: [ZoneName: MonotonicInstant] = [:]
    private(set) var lastCutOff: [ZoneName: MonotonicInstant] = [:]
    /// Those of its landing zones that have a backlog.
    private var drains: [ZoneName: DrainWatch] = [:]
    /// As the settings file has them; a gateway that starts reads it.
    private(set) var streams: [StreamConfiguration]
    /// Whether the machine goes down with the process when the disk stops inside an operation, and the seed of what follows.
    private var end = (losesPower: false, seed: UInt64(0))
    /// The fault that makes the disk fail.
    private var diskFault: Int?
    /// The next start ends inside its disk operation of this number.
    private var endOfNextStart: Int?

    init(_ name: String, _ region: Region, _ world: World, _ strand: Strand, capacity: Int64) {
        self.name = name
        gatewayName = GatewayName(name)!
        self.region = region
        self.world = world
        self.strand = strand
        streams = world.streams
        // As well as NTP keeps clocks together, and worse.
        clock = strand.loop.makeClock(ahead: strand.duration(-2...2))
        disk = SimulatedDisk(capacity: capacity)
        if let betrayal = world.trial.betrayal { disk.forgetSyncs { betrayal.forgets($0) } }
    }

    /// For the first time, or because somebody looks after it.
    func begin() { start(strand.random.next()) }

    /// - Parameter seed: of all that this life does.
    private func start(_ seed: UInt64) {
        disturb()
        let strand = Strand(loop, seed: seed)
        let steps = LifeSteps(strand) { [unowned self] in noticeEnd() }
        let files = disk.fileSystem
        var stores: [ZoneName: LinkedStore] = [:]
        for (zone, bucket) in world.buckets {
            stores[zone] = LinkedStore(
                bucket, region.links[zone]!, steps, files, world.trial.betrayal,
                note: { [history = world.history, name] in history.note(name, "\(zone): \($0)") },
                onSend: { [unowned self] in noteSending(of: $0, to: zone) })
        }
        if let endOfNextStart { disk.cutPower(afterOperations: endOfNextStart) }
        endOfNextStart = nil
        do {
            let incarnation = Incarnation(rawValue: strand.random.next())
            let gateway = try Gateway.open(
                configuration, files: files, stores: stores, time: clock, incarnation: incarnation,
                workers: WorkerPool(steps: steps), log: Logger(label: "world") { _ in SwiftLogNoOpLogHandler() },
                observer: { [unowned self] in tell($0) }, steps: steps)
            world.history.note(name, "the gateway is up, incarnation \(incarnation)")
            life = Life(gateway, steps, clock)
            world.checkKept(on: self)
            checkOverrides()
            noticeEnd()
        } catch {
            // A disk that fails while the journal is recovered: the supervisor tries again.
            world.history.note(name, "the gateway can't start: \(error)")
            steps.end()
            var random = SeededGenerator(seed: strand.random.next())
            recover(powerCut: end.losesPower, &random)
            let seed = random.next()
            loop.later(after: .seconds(5), tie: seed) { [self] in if life == nil { start(seed) } }
        }
    }

    /// The process dies, or the machine loses its power, at this very moment; it is back a while later.
    func die(powerCut: Bool, seed: UInt64) {
        guard let life else { return }
        disturb()
        drains = [:]
        hasDied = true
        world.noteDeath()
        life.end()
        self.life = nil
        var random = SeededGenerator(seed: seed)
        recover(powerCut: powerCut, &random)
        let away = random.spread(0.1...world.downSecondsMax)
        let seed = random.next()
        loop.later(after: away, tie: seed) { [self] in if self.life == nil { start(seed) } }
    }

    /// The process will die inside the disk operation that comes after so many.
    func die(inside operations: Int, powerCut: Bool, seed: UInt64) {
        end = (powerCut, seed)
        if life == nil { endOfNextStart = operations } else { disk.cutPower(afterOperations: operations) }
    }

    /// An operator's order: into the trail first, as the control plane does it, and then carried out.
    func steer(_ zone: ZoneName, _ override: PartitionControl.Override) {
        guard let life else { return }
        orders += 1
        let reason = "order \(orders)"
        let carryOut = life.steps.whileAlive { [unowned self] (failure: WriteFailure?) in
            if failure != nil { return }
            world.record.order(reason, at: gatewayName)
            world.summary.orders += 1
            do {
                _ = try life.gateway.override(zone, override, by: "operator", reason: reason)
                overrides[zone] = [override]
            } catch { overrides[zone, default: [.auto]].insert(override) }
        }
        let entry = TrailEntry(
            override.action, by: TrailActor(name: "operator", role: "operator"), on: zone.rawValue, reason: reason)
        life.gateway.record(entry, completion: carryOut)
    }

    /// The settings change, and a gateway that runs reads them again.
    func adopt(_ streams: [StreamConfiguration]) {
        self.streams = streams
        life?.gateway.adopt(streams)
    }

    func eventsMax(of stream: StreamName) -> Int { rules(of: stream).maxEvents }

    func checksMembers(of stream: StreamName) -> Bool { rules(of: stream).checkDuplicateMembers }

    private func rules(of stream: StreamName) -> StreamRules { streams.first { $0.name == stream }!.rules }

    /// Until that fault is over, another one comes or the process ends.
    func failDisk(_ faults: DiskFaults, of fault: Int) {
        disturb()
        diskFault = fault
        disk.setFailures { [history = world.history, name] operation in
            guard let failure = faults.failure(of: operation) else { return nil }
            history.note(name, "\(operation) fails: \(failure)")
            return failure
        }
    }

    func mendDisk(of fault: Int) {
        guard diskFault == fault else { return }
        disturb()
        diskFault = nil
        disk.setFailures(nil)
    }

    /// Nothing goes wrong any more, and no end is planned.
    func calm() {
        disturb()
        adopt(world.streams)
        endOfNextStart = nil
        disk.cutPower(afterOperations: nil)
        disk.setFailures(nil)
    }

    private func noticeEnd() {
        guard life != nil, let operation = disk.cutInside else { return }
        world.history.note(
            name, "\(end.losesPower ? "the machine has lost its power" : "the process is dead"), inside \(operation)")
        die(powerCut: end.losesPower, seed: end.seed)
    }

    private func recover(powerCut: Bool, _ random: inout SeededGenerator) {
        disk.setFailures(nil)
        end.losesPower = false
        if powerCut { disk.crash(using: &random) } else { disk.killProcess() }
    }

    func jumpWall(by duration: Duration) {
        disturb()
        clock.jumpWall(by: duration)
    }

    /// A bit of a journal flips.
    func strike(_ seed: UInt64) {
        disturb()
        var random = SeededGenerator(seed: seed)
        guard let rot = try? Rot.strike(disk, world.journaled + [.ledger, .trail], &random) else { return }
        world.history.note(name, "a bit flips in \(rot.path), in the block of \(rot.events.joined(separator: ", "))")
        world.record.add(rot, on: gatewayName)
    }

    // MARK: What must hold

    /// What an operator said holds in the new life too.
    private func checkOverrides() {
        for zone in world.plan.zones {
            guard let override = life?.status(zone).override else { continue }
            if !overrides[zone, default: [.auto]].contains(override) {
                world.violate(
                    .override, "\(name): \(zone) is \(override.rawValue) after a start, and an operator said otherwise")
            }
            overrides[zone] = [override]
        }
    }

    private func disturb() { disturbed = loop.now }

    /// Since when nothing has gone wrong here or on the way to the zone; `nil` while anything does, or while operators decide.
    func undisturbed(_ zone: ZoneName) -> MonotonicInstant? {
        guard let status = life?.status(zone), status.state == .connected, status.override == .auto,
            region.links[zone]!.weather == .fine, diskFault == nil
        else { return nil }
        return max(disturbed, region.links[zone]!.changed)
    }

    private func tell(_ change: ZoneChange) {
        disturb()
        modeChanged[change.zone] = loop.now
        drains[change.zone] = nil
        if let life, case let status = life.status(change.zone), status.override == .auto, status.state == .draining {
            drains[change.zone] = DrainWatch(world.plan, loop.now, backlog: life.sealed)
        }
        switch change.what {
        case .observed(let from, let to):
            if [from, to].contains(.partitioned) { lastCutOff[change.zone] = loop.now }
            if from == .partitioned, to == .connected, let status = life?.status(change.zone), status.override == .auto,
                status.backlogSegments > 0
            {
                // The bound on draining, and its order, hold only for what is known to be a backlog.
                world.violate(.drain, "\(name): \(change.zone) healed with segments waiting, and drains none of them")
            }
            world.history.note(
                name, "\(change.zone) goes from \(from.rawValue) to \(to.rawValue): \(change.reason)")
        case .overridden(let from, let to):
            lastCutOff[change.zone] = loop.now
            world.history.note(name, "\(change.zone) was set from \(from.rawValue) to \(to.rawValue)")
        }
    }

    private func noteSending(of object: NewObject, to zone: ZoneName) {
        guard case .file = object.body, drains[zone] != nil else { return }
        world.summary.drainChecks += 1
        if let fault = drains[zone]!.send(object.name, object.length, loop.now) {
            world.violate(.drain, "\(name): \(zone) drains \(fault)")
        }
    }

    private var configuration: GatewayConfiguration {
        var journal = JournalConfiguration()
        journal.segmentMaxAge = world.plan.segmentMaxAge
        journal.segmentMaxBytes = world.plan.segmentMaxBytes
        journal.keyLogBatches = world.plan.keyLogBatches
        journal.reserveStepBytes = 4096
        var configuration = GatewayConfiguration(
            name: gatewayName, streams: streams, journalDirectory: "/journal", journal: journal,
            version: "world")
        configuration.journalReserveBytes = 128 << 10
        configuration.journalBudgetBytes = world.plan.journalBudgetBytes
        configuration.positionInterval = world.plan.positionInterval
        configuration.landing.drainOrder = world.plan.drainOrder
        configuration.landing.drainBytesPerSecond = world.plan.drainBytesPerSecond
        configuration.ownZone = world.plan.ownZone
        configuration.idempotencyWindow = world.plan.idempotencyWindow
        return configuration
    }
}

extension PartitionControl.Override {
    fileprivate var action: TrailEntry.Action {
        switch self {
        case .auto: .zoneAuto
        case .hold: .zoneHeld
        case .release: .zoneReleased
        }
    }
}
