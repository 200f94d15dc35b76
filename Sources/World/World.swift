import Audit
import Gateway
import Model
import Payload
import Simulation

/// Several regions with one landing zone, hours of it from one seed: links that get cut, lose, slow down and lie, gateways
/// that die, disks that tear, operators who take over, producers who repeat themselves. What must hold is checked against
/// an independent record of what producers were told.
///
/// The gateways run the production code of journal, gateway, partition control and landing, step by step.
package final class World: @unchecked Sendable {
    // SAFETY: a world runs on one thread.
    let bucket = Bucket()
    let record = Record()
    let streams: [StreamConfiguration]
    let journalBudgetBytes: Int64?
    let drainOrder: LandingSchedule.DrainOrder
    let betrayal: Betrayal?
    private let loop: StepLoop
    private let plan: Plan
    private var regions: [Region] = []
    private var producers: [Producer] = []
    private var violations: [String] = []
    /// Objects never change: each is read once.
    private var keysOfObject: [String: [String]] = [:]
    /// Set while faults are injected.
    private var isStormy = true
    package private(set) var summary = Summary()

    /// - Parameters:
    ///   - hours: of faults; calm follows until all has landed. Default 2.
    ///   - betrayal: what is broken on purpose. Default nothing.
    package init(seed: UInt64, hours: Double = 2, betrayal: Betrayal? = nil) {
        self.betrayal = betrayal
        loop = StepLoop(seed: seed)
        plan = Plan(&loop.random, hours: hours)
        streams = World.streams
        journalBudgetBytes = plan.journalBudgetBytes
        drainOrder = plan.drainOrder
        for index in 0..<plan.regions {
            let region = Region("region-\(index)", self, loop, capacity: plan.diskBytes)
            regions.append(region)
            for stream in streams {
                producers.append(
                    Producer(stream.name, isStrong: stream.consistency == .strong, home: region, self, loop))
            }
        }
    }

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
        for region in regions { region.start() }
        for producer in producers { producer.start() }
        for region in regions { storm(over: region) }
        for _ in 0..<3 {
            loop.run(for: plan.duration / 3)
            try throwViolations()
            try await checkTruthfulness()
        }
        try calm()
        try await reckon()
    }

    // MARK: Faults

    private func storm(over region: Region) {
        loop.later(after: loop.spread(1...plan.quietSecondsMax)) { [self] in
            guard isStormy else { return }
            fault(on: region)
            storm(over: region)
        }
    }

    private func fault(on region: Region) {
        switch Int.random(in: 0..<10, using: &loop.random) {
        case 0..<5:
            let weather = Link.Weather.allCases.randomElement(using: &loop.random) ?? .cut
            region.link.weather = weather
            summary.weathers[weather.rawValue, default: 0] += 1
            loop.later(after: loop.spread(1...7200)) { [self] in if isStormy { region.link.weather = .fine } }
        case 5..<7:
            summary.deaths += 1
            region.die(powerCut: loop.chance(2))
        case 7 where plan.hasDiskFaults:
            let faults = DiskFaults(seed: loop.random.next(), oneIn: Int.random(in: 20...200, using: &loop.random))
            summary.diskFaults += 1
            region.disk.setFailures { faults.failure(of: $0) }
            loop.later(after: loop.spread(1...60)) { [self] in if isStormy { region.disk.setFailures(nil) } }
        case 8 where plan.hasClockJumps:
            summary.clockJumps += 1
            region.clock.jumpWall(by: .seconds(Int.random(in: -3600...3600, using: &loop.random)))
        default:
            guard let life = region.life else { return }
            let override = PartitionControl.Override.allCases.randomElement(using: &loop.random) ?? .auto
            summary.overrides += 1
            _ = try? life.gateway.override(.main, override, by: "operator", reason: "because")
        }
    }

    /// No more faults: everything must land.
    private func calm() throws(Violation) {
        isStormy = false
        for producer in producers { producer.isClosing = true }
        for region in regions {
            region.link.weather = .fine
            region.disk.setFailures(nil)
            if region.life == nil { region.start() }
        }
        for minutes in 0..<180 {
            for region in regions {
                if region.life == nil { region.start() }
                _ = try? region.life?.gateway.override(.main, .auto, by: "operator", reason: "calm")
            }
            loop.run(for: .seconds(60))
            try throwViolations()
            // Settled, and one roll time later: what was acknowledged last has landed too.
            if minutes >= 2, isQuiet { return }
        }
        throw Violation("three hours after the last fault, not everything has landed: \(unsettled)")
    }

    private var isQuiet: Bool { unsettled.isEmpty }

    private var unsettled: [String] {
        regions.compactMap { region in
            guard let status = region.life?.status else { return "\(region.name) is down" }
            return status.state == .connected
                && status.oldestArrival.map { region.clock.now().microseconds - $0.microseconds < 120_000_000 } ?? true
                ? nil : "\(region.name): \(status.state.rawValue), \(status.backlogSegments) segments: \(status.reason)"
        } + producers.filter { !$0.isSettled }.map { "a producer of \($0.stream) has no receipt: \($0.lastRefusal)" }
    }

    // MARK: What must hold

    func violate(_ description: String) { violations.append("\(loop.now): \(description)") }

    private func throwViolations() throws(Violation) {
        if let first = violations.first { throw Violation(first) }
    }

    func check(_ receipt: Receipt, _ events: [String], isStrong: Bool) {
        if receipt.accepted != events.count {
            violate("\(receipt.batchKey): \(receipt.accepted) of \(events.count) accepted")
        }
        guard isStrong else { return }
        if receipt.durability != .landed { violate("\(receipt.batchKey): a strong stream said \(receipt.durability)") }
        if receipt.object.flatMap({ bucket.objects[$0] }) == nil {
            violate("\(receipt.batchKey) was acknowledged, and its object is not there")
        }
    }

    func check(_ refusal: Refusal, isStrong: Bool) {
        record.refuse("\(refusal)".prefix { $0 != "(" }.description)
        switch refusal {
        case .partitioned, .landingUnavailable:
            if !isStrong { violate("an available stream refused: \(refusal)") }
        case .journalFull, .journalFailed, .stopping: break
        default: violate("an unexpected refusal: \(refusal)")
        }
    }

    /// Complete-through never claims what has not landed, of any gateway that the landing zone has heard of. (Of one that has
    /// never landed anything it can't know.)
    private func checkTruthfulness() async throws(Violation) {
        guard !plan.hasClockJumps else { return }
        let report = try await audit()
        let known = bucket.gateways
        for stream in report.streams {
            guard let name = StreamName(stream.stream), let text = stream.complete_through,
                let through = Timestamp(rfc3339: text), let acknowledged = record.acknowledged[name]
            else { continue }
            let landed = Set(try landedKeys(name))
            for (key, batch) in acknowledged where batch.at < through && known.contains(batch.by) {
                if let missing = batch.events.first(where: { !landed.contains($0) }) {
                    throw Violation(
                        "\(name) is said to be complete through \(through), and \(missing) of \(key) is missing")
                }
            }
            summary.truthChecks += 1
        }
    }

    private func reckon() async throws(Violation) {
        for stream in streams {
            let landed = try landedKeys(stream.name)
            var seen: Set<String> = []
            for key in landed where !seen.insert(key).inserted {
                throw Violation("\(stream.name): \(key) landed twice")
            }
            for (key, batch) in record.acknowledged[stream.name] ?? [:] {
                if let missing = batch.events.first(where: { !seen.contains($0) }) {
                    throw Violation("\(stream.name): \(missing) of \(key) was acknowledged and never landed")
                }
            }
            if let stranger = seen.first(where: { !(record.offered[stream.name]?.contains($0) ?? false) }) {
                throw Violation("\(stream.name): \(stranger) landed and was never sent")
            }
        }
        // A running gateway's last facts have not landed yet: the ledger's own tail is no finding.
        if let finding = try await audit().findings.first(where: { !($0.kind == .gap && $0.stream == "_ledger") }) {
            throw Violation(
                "sluice verify: \(finding.kind.rawValue) \(finding.stream ?? "") \(finding.object ?? "") \(finding.detail)"
            )
        }
        summary.batches = record.batches
        summary.objects = bucket.objects.count
        summary.steps = loop.count
        summary.refusals = record.refusals
    }

    private func audit() async throws(Violation) -> AuditReport {
        do { return try await LandingAudit.run([AuditZone(BucketReader(objects: bucket.objects))]) } catch {
            throw Violation("verify: \(error)")
        }
    }

    private func landedKeys(_ stream: StreamName) throws(Violation) -> [String] {
        var keys: [String] = []
        for (name, bytes) in bucket.objects.sorted(by: { $0.key < $1.key }) where name.hasPrefix("\(stream)/") {
            if keysOfObject[name] == nil {
                do { keysOfObject[name] = try LandedKeys.of(bytes) } catch {
                    throw Violation("\(name) can't be read: \(error)")
                }
            }
            keys += keysOfObject[name] ?? []
        }
        return keys
    }

    // MARK: For producers

    func anyRegion() -> Region { regions.randomElement(using: &loop.random) ?? regions[0] }
    func pause() -> Duration { loop.spread(1...plan.pauseSecondsMax) }
}
