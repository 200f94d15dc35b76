import Gateway
import Model
import Payload
import Simulation

/// Several regions with one landing zone, hours of it from one seed: links that get cut, lose, slow down and lie, gateways
/// that die, disks that tear and rot, operators who take over, producers who repeat themselves. What must hold is checked
/// against an independent record of what producers were told.
///
/// The gateways run the production code of journal, gateway, partition control and landing, step by step.
package final class World: @unchecked Sendable {
    // SAFETY: a world runs on one thread.
    package let trial: Trial
    let plan: Plan
    let bucket = Bucket()
    let record = Record()
    let history: History
    let streams: [StreamConfiguration]
    private(set) var regions: [Region] = []
    let loop: StepLoop
    private var producers: [Producer] = []
    private var violations: [String] = []
    /// Set while faults are injected.
    private var isStormy = true
    private var landed: [StreamName: Set<String>] = [:]
    /// Objects never change: each is read once.
    var keysOfObject: [String: [String]] = [:]
    package internal(set) var summary = Summary()

    /// - Parameter keepsHistory: for ``timeline``. Default false.
    package init(_ trial: Trial, keepsHistory: Bool = false) {
        self.trial = trial
        loop = StepLoop(seed: trial.seed)
        history = History(loop, isKept: keepsHistory)
        plan = Plan(&loop.random, hours: trial.hours)
        streams = World.streams
        for index in 0..<plan.regions {
            let region = Region("region-\(index)", self, loop, capacity: plan.diskBytes)
            regions.append(region)
            for stream in streams {
                producers.append(
                    Producer(stream.name, isStrong: stream.consistency == .strong, home: region, self, loop))
            }
        }
    }

    /// How many faults and producers there are, the left out ones included.
    package var size: (faults: Int, producers: Int) { (plan.faults.count, producers.count) }

    /// What happened, a line each, when the history is kept.
    package var timeline: [String] { history.lines }

    private static let streams: [StreamConfiguration] = {
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
        bucket.onCreate = { [unowned self] in noteLanding(of: $0) }
        for region in regions { region.start() }
        // Those that are left out take their place in the order of steps all the same: what comes before is the same without
        // them.
        for (index, producer) in producers.enumerated() {
            producer.start(isLeftOut: !(trial.producers?.contains(index) ?? true))
        }
        for fault in plan.faults {
            let isLeftOut = !(trial.faults?.contains(fault.index) ?? true)
            loop.later(after: fault.at) { [self] in if !isLeftOut { apply(fault) } }
        }
        // Reading the whole zone costs as much as minutes of world time.
        let checks = plan.duration < .seconds(600) ? 1 : 4
        for _ in 0..<checks {
            loop.run(for: plan.duration / checks)
            try throwViolations()
            try await checkTruthfulness()
        }
        try calm()
        for region in regions { try checkFootprint(of: region) }
        try await reckon()
    }

    // MARK: Faults

    private func apply(_ fault: Fault) {
        let region = regions[fault.region]
        guard isStormy else { return }
        if !fault.isLull { summary.faults[fault.word, default: 0] += 1 }
        history.note(region.name, "[\(fault.index)] \(fault)")
        switch fault.kind {
        case .weather(let weather):
            region.link.begin(weather, of: fault.index)
            loop.later(after: fault.lasts) { region.link.end(of: fault.index) }
        case .death(let powerCut): region.die(powerCut: powerCut)
        case .deathInside(let operations, let powerCut): region.die(inside: operations, powerCut: powerCut)
        case .rot(false): region.die(powerCut: true, rot: fault.seed)
        case .rot(true): region.strike(fault.seed)
        case .diskFaults(let oneIn):
            region.failDisk(DiskFaults(seed: fault.seed, oneIn: oneIn), of: fault.index)
            loop.later(after: fault.lasts) { region.mendDisk(of: fault.index) }
        case .clockJump(let seconds): region.clock.jumpWall(by: .seconds(seconds))
        case .override(let override):
            _ = try? region.life?.gateway.override(.main, override, by: "operator", reason: "because")
        case .reload: region.adopt(reloaded(fault.seed))
        }
    }

    /// The settings after somebody has changed what may be changed in a running gateway: some batches are too large then.
    private func reloaded(_ seed: UInt64) -> [StreamConfiguration] {
        var random = SeededGenerator(seed: seed)
        return streams.map { stream in
            var stream = stream
            if Bool.random(using: &random) { stream.rules.maxEvents = Int.random(in: 1...2, using: &random) }
            stream.rules.checkDuplicateMembers = Bool.random(using: &random)
            return stream
        }
    }

    func noteDeath() { summary.deaths += 1 }
    func noteRepeat() { summary.repeats += 1 }

    /// No more faults: everything must land.
    private func calm() throws(Violation) {
        isStormy = false
        history.note("world", "calm")
        for producer in producers { producer.isClosing = true }
        for region in regions { region.calm() }
        // Settled, and more than one roll time later: what was acknowledged last has landed too.
        let step = Duration.seconds(15)
        var settledFor = Duration.zero
        for _ in 0..<720 {
            for region in regions {
                if region.life == nil { region.start() }
                _ = try? region.life?.gateway.override(.main, .auto, by: "operator", reason: "calm")
            }
            loop.run(for: step)
            try throwViolations()
            settledFor = unsettled.isEmpty ? settledFor + step : .zero
            if settledFor >= .seconds(75) { return }
        }
        throw Violation("three hours after the last fault, not everything has landed: \(unsettled)")
    }

    private var unsettled: [String] {
        regions.compactMap { region in
            guard let status = region.life?.status else { return "\(region.name) is down" }
            return status.state == .connected
                && status.oldestArrival.map { region.clock.now().microseconds - $0.microseconds < 120_000_000 } ?? true
                ? nil : "\(region.name): \(status.state.rawValue), \(status.backlogSegments) segments: \(status.reason)"
        } + producers.filter { !$0.isSettled }.map { "a producer of \($0.stream) has no receipt: \($0.lastRefusal)" }
    }

    private func conclude() {
        summary.batches = record.batches
        summary.objects = bucket.objects.count
        summary.steps = loop.count
        summary.refusals = record.refusals
        for name in bucket.objects.keys.sorted() {
            let events = name.hasPrefix("_") ? [] : (try? keys(of: name)) ?? []
            history.note(object: name, Array(events.joined(separator: " ").utf8))
        }
        summary.digest = history.digest
        for region in regions { region.life?.end() }
        loop.end()
    }

    private func noteLanding(of object: String) {
        guard let stream = streams.first(where: { object.hasPrefix("\($0.name)/") })?.name else { return }
        do throws(Violation) {
            for key in try keys(of: object) where !landed[stream, default: []].insert(key).inserted {
                if !record.rotted.contains(key) { violate("\(stream): \(key) lands twice, now in \(object)") }
            }
        } catch { violate("\(error)") }
    }

    // MARK: Violations

    func violate(_ description: String) {
        history.note("world", "VIOLATION: \(description)")
        violations.append(description)
    }

    func throwViolations() throws(Violation) {
        if let first = violations.first { throw Violation(first) }
        if loop.isRunaway { throw Violation("\(loop.count) steps: something goes round and round") }
        if let name = bucket.overwritten.first { throw Violation("\(name) was overwritten by other bytes") }
    }

    // MARK: For producers

    func anyRegion(_ random: inout SeededGenerator) -> Region { regions.randomElement(using: &random) ?? regions[0] }

    /// How long a gateway that died stays away, at most.
    var downSecondsMax: Double { max(1, min(600, plan.duration / .seconds(4))) }
}
