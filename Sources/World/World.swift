import Gateway
import Model
import Payload
import Simulation

/// Several regions of one or two gateways, with one landing zone or two, hours of it from one seed: links that get cut, lose,
/// slow down and lie, gateways that die, disks that tear and rot, operators who take over, producers who repeat themselves. What
/// must hold is checked against an independent record of what producers were told.
///
/// The gateways run the production code of journal, gateway, partition control and landing, step by step.
package final class World: @unchecked Sendable {
    // SAFETY: a world is one task, and nothing of it runs beside another part.
    package let trial: Trial
    let plan: Plan
    let buckets: [ZoneName: Bucket]
    let record = Record()
    let history: History
    let streams: [StreamConfiguration]
    private(set) var regions: [Region] = []
    let loop: StepLoop
    private(set) var machines: [Machine] = []
    private(set) var producers: [Producer] = []
    /// The first.
    private var violation: Violation?
    /// Set while faults are injected.
    private var isStormy = true
    var landed: [Place: Set<String>] = [:]
    /// Where the events of available streams stand.
    var standing: [Place: [String: Standing]] = [:]
    /// The indexes of refused events that `_quarantine` holds, by the keys of their batches.
    var quarantined: [Place: [String: Set<Int>]] = [:]
    /// Answers to producers that were checked.
    var answers = 0
    package internal(set) var summary = Summary()

    /// - Parameter keepsHistory: for ``timeline``. Default false.
    package init(_ trial: Trial, keepsHistory: Bool = false) {
        SteadyPlace.use()
        self.trial = trial
        var random = SeededGenerator(seed: trial.seed)
        let plan = Plan(&random, hours: trial.hours)
        self.plan = plan
        let loop = StepLoop()
        self.loop = loop
        history = History(loop, isKept: keepsHistory)
        buckets = Dictionary(uniqueKeysWithValues: plan.zones.map { ($0, Bucket()) })
        streams = World.streams.map { stream in
            var stream = stream
            stream.zone = plan.zone(of: stream.name)
            if plan.ownBudget?.stream == stream.name { stream.share.bytes = plan.ownBudget?.bytes }
            return stream
        }
        for (index, gateways) in plan.gateways.enumerated() {
            var links: [ZoneName: Link] = [:]
            for zone in plan.zones { links[zone] = Link(Strand(loop, seed: random.next())) }
            let region = Region("region-\(index)", links: links)
            regions.append(region)
            for letter in ["a", "b"].prefix(gateways) {
                let strand = Strand(loop, seed: random.next())
                let machine = Machine("\(region.name)-\(letter)", region, self, strand, capacity: plan.diskBytes)
                region.machines.append(machine)
                machines.append(machine)
            }
            for stream in streams {
                for number in 0..<plan.producersPerStream {
                    let strand = Strand(loop, seed: random.next())
                    producers.append(
                        Producer(
                            stream.name, isStrong: stream.consistency == .strong, home: region.machines,
                            "\(region.name)-\(stream.name)\(number == 0 ? "" : "-\(number)")", self, strand))
                }
            }
        }
        for (zone, bucket) in buckets { bucket.onCreate = { [unowned self] in noteLanding(of: $0, in: zone) } }
    }

    /// How many faults and producers there are, the left out ones included.
    package var size: (faults: Int, producers: Int) { (plan.faults.count, producers.count) }

    /// What happened, a line each, when the history is kept.
    package var timeline: [String] { history.lines }

    static let streams: [StreamConfiguration] = {
        func stream(_ name: String, _ consistency: Consistency, _ priority: Int) -> StreamConfiguration {
            var rules = StreamRules()
            rules.eventID = "/id"
            var stream = StreamConfiguration(name: StreamName(name)!, consistency: consistency, rules: rules)
            stream.share.priority = priority
            return stream
        }
        return [stream("audit", .available, 9), stream("metrics", .available, 1), stream("billing", .strong, 5)]
    }()

    /// Runs it: so many hours of faults, then calm until everything has landed, then the reckoning.
    package func run() async throws(Violation) {
        defer { conclude() }
        for machine in machines { machine.begin() }
        for (index, producer) in producers.enumerated() {
            if trial.producers?.contains(index) ?? true { producer.start() }
        }
        for fault in plan.faults {
            guard trial.faults?.contains(fault.index) ?? true else { continue }
            loop.later(after: fault.at, tie: fault.seed) { [self] in apply(fault) }
        }
        // Reading the whole zone costs as much as minutes of world time.
        let checks = plan.duration < .seconds(600) ? 2 : 4
        for _ in 0..<checks {
            loop.run(for: plan.duration / checks)
            try throwViolations()
            try await checkTruthfulness()
        }
        try calm()
        for machine in machines {
            try checkFootprint(of: machine)
            try checkDisk(of: machine)
        }
        try await reckon()
    }

    // MARK: Faults

    private func apply(_ fault: Fault) {
        let machine = machines[fault.machine]
        guard isStormy else { return }
        if !fault.isLull { summary.faults[fault.word, default: 0] += 1 }
        history.note(machine.name, "[\(fault.index)] \(fault)")
        switch fault.kind {
        case .weather(let weather):
            let link = machine.region.links[fault.zone]!
            link.begin(weather, of: fault.index)
            loop.later(after: fault.lasts, tie: fault.seed) { link.end(of: fault.index) }
        case .death(let powerCut): machine.die(powerCut: powerCut, seed: fault.seed)
        case .deathInside(let operations, let powerCut):
            machine.die(inside: operations, powerCut: powerCut, seed: fault.seed)
        case .rot(let whileRunning):
            if !whileRunning { machine.die(powerCut: true, seed: fault.seed) }
            machine.strike(fault.seed)
        case .diskFaults(let oneIn):
            machine.failDisk(DiskFaults(seed: fault.seed, oneIn: oneIn), of: fault.index)
            loop.later(after: fault.lasts, tie: fault.seed) { machine.mendDisk(of: fault.index) }
        case .clockJump(let seconds): machine.jumpWall(by: .seconds(seconds))
        case .override(let override): machine.steer(fault.zone, override)
        case .reload: machine.adopt(reloaded(fault.seed))
        }
    }

    /// The settings after somebody has changed what may be changed in a running gateway: some batches are too large then.
    private func reloaded(_ seed: UInt64) -> [StreamConfiguration] {
        var random = SeededGenerator(seed: seed)
        return streams.map { stream in
            var stream = stream
            if Bool.random(using: &random) { stream.rules.maxEvents = Int.random(in: 1...2, using: &random) }
            let checks = Bool.random(using: &random)
            if stream.consistency == .available { stream.rules.checkDuplicateMembers = checks }
            return stream
        }
    }

    func noteDeath() { summary.deaths += 1 }
    func noteRepeat() { summary.repeats += 1 }
    func noteDuplicate() { summary.duplicates += 1 }

    /// No more faults: everything must land.
    private func calm() throws(Violation) {
        isStormy = false
        history.note("world", "calm")
        for producer in producers { producer.isClosing = true }
        for region in regions { for link in region.links.values { link.calm() } }
        for machine in machines { machine.calm() }
        // Settled, and so much later that what was acknowledged last has landed, and the positions that say so too.
        let step = Duration.seconds(15)
        let enough = plan.segmentMaxAge + plan.positionInterval + step * 2
        var settledFor = Duration.zero
        for _ in 0..<720 {
            for machine in machines {
                if machine.life == nil { machine.begin() }
                for zone in plan.zones where machine.life?.status(zone).override != .auto { machine.steer(zone, .auto) }
            }
            loop.run(for: step)
            try throwViolations()
            settledFor = unsettled.isEmpty ? settledFor + step : .zero
            if settledFor >= enough { return }
        }
        throw Violation(.live, "three hours after the last fault, not everything has landed: \(unsettled)")
    }

    private var unsettled: [String] {
        machines.flatMap { machine in
            guard let life = machine.life else { return ["\(machine.name) is down"] }
            return life.gateway.zoneStatus.compactMap { status in
                let waits = status.oldestArrival.map { machine.clock.now().microseconds - $0.microseconds } ?? 0
                return status.state == .connected && waits < 120_000_000
                    ? nil
                    : "\(machine.name): \(status.zone) \(status.state.rawValue), \(status.backlogSegments) segments: \(status.reason)"
            }
        } + producers.filter { !$0.isSettled }.map { "a producer of \($0.stream) has no receipt: \($0.lastRefusal)" }
    }

    private func conclude() {
        summary.batches = record.batches
        summary.steps = loop.count
        summary.refusals = record.refusals
        for zone in plan.zones {
            let bucket = buckets[zone]!
            summary.objects += bucket.objects.count
            for name in bucket.objects.keys.sorted() {
                history.note(object: "\(zone)/\(name)", (try? LandedText.of(bucket.objects[name] ?? [])) ?? [])
            }
        }
        summary.digest = history.digest
        for machine in machines { machine.life?.end() }
        loop.end()
    }

    // MARK: Violations

    func violate(_ promise: Promise, _ detail: String) { violate(Violation(promise, detail)) }

    func violate(_ violation: Violation) {
        history.note("world", "VIOLATION: \(violation)")
        self.violation = self.violation ?? violation
        loop.stop()
    }

    func throwViolations() throws(Violation) {
        if let violation { throw violation }
        if loop.isRunaway { throw Violation(.live, "\(loop.count) steps: something goes round and round") }
        for zone in plan.zones {
            if let name = buckets[zone]!.overwritten.first {
                throw Violation(.unchanged, "\(name) was overwritten by other bytes")
            }
        }
    }

    // MARK: For producers

    func isStrong(_ stream: StreamName) -> Bool { streams.contains { $0.name == stream && $0.consistency == .strong } }

    /// Producers' streams that have a journal.
    var journaled: [StreamName] { streams.filter { $0.consistency == .available }.map(\.name) }

    func bucket(of stream: StreamName) -> Bucket { buckets[plan.zone(of: stream)]! }

    func place(_ stream: StreamName, _ gateway: GatewayName?) -> Place {
        Place(stream: stream, gateway: isStrong(stream) ? nil : gateway)
    }

    func place(of object: String, _ stream: StreamName) -> Place { place(stream, Bucket.gateway(of: object)) }

    /// How long a gateway that died stays away, at most.
    var downSecondsMax: Double { max(1, min(600, plan.duration / .seconds(4))) }
}
