import Gateway
import Landing
import Model

/// Answers a scenario in steps of 10 ms. Events are quantities, but what decides is the gateway's own code: the budget of the
/// journals says which batch is refused, partition control when the zone counts as cut off and as healed, and the landing
/// schedule which segment goes when, and how fast a backlog drains.
package struct FlowModel {
    private struct Upload {
        var ticket: LandingSchedule.Ticket
        var stream: Int
        var began: MonotonicInstant
        var bytesLeft: Double
        /// A round trip after the last of the bytes.
        var answersFrom: MonotonicInstant?
        var progressed: MonotonicInstant
    }

    /// As long as the S3 client's stall limit and what it takes to notice, and a probe's patience.
    private static let stallLimit: Duration = .seconds(20)
    private static let probePatience: Duration = .seconds(3)
    /// What strong batches wait until they have landed, as the gateway has them wait for its deadline.
    private static let strongPatience: Duration = .seconds(30)
    private static let step: Duration = .milliseconds(10)

    private let scenario: Scenario
    private let begin = MonotonicInstant(nanoseconds: 0)
    private var now = MonotonicInstant(nanoseconds: 0)
    private var control: PartitionControl
    private var schedule: LandingSchedule
    private var budget: JournalBudget
    private var streams: [FlowStream]
    private var uploads: [Upload] = []
    private var probe: (sent: MonotonicInstant, wasUp: Bool)?
    private var cuts: SpanCursor
    private var holds: SpanCursor
    private var isHeld = false
    private var strong = StrongQueue()
    /// Of one batch of each stream, as it lands.
    private let batchBytes: [Double]
    /// Which stream comes first among those whose batches come in the same step: each in turn.
    private var turn = 0
    private var report: ScenarioReport

    private init(_ scenario: Scenario) {
        self.scenario = scenario
        cuts = SpanCursor(scenario.cuts)
        holds = SpanCursor(scenario.holds)
        control = PartitionControl(scenario.partition, now: now)
        schedule = LandingSchedule(scenario.landing)
        budget = JournalBudget(
            total: scenario.journalBudgetBytes,
            shares: Dictionary(
                uniqueKeysWithValues: scenario.streams.map {
                    ($0.name, .init(priority: $0.priority, bytes: $0.journalBudgetBytes))
                }))
        streams = scenario.streams.map(FlowStream.init)
        batchBytes = scenario.streams.map { Double($0.landedBytes) }
        report = ScenarioReport(scenario)
    }

    /// - Parameter progress: told each minute of the scenario that has been reckoned.
    package static func run(_ scenario: Scenario, progress: (Int) -> Void = { _ in }) -> ScenarioReport {
        var model = FlowModel(scenario)
        let steps = Int(scenario.lasts / step)
        for number in 1...steps {
            model.advance()
            if number % 100 == 0 { model.look() }
            if number % 6000 == 0 { progress(number / 6000) }
            if number % 6000 == 0 || number == steps { model.sample() }
        }
        return model.concluded()
    }

    private var minute: Double { Double(now.nanoseconds) / 60e9 }

    /// What the link carries in one.
    private var stepBytes: Double { scenario.linkBytesPerSecond * (FlowModel.step / .seconds(1)) }

    // MARK: One step

    private mutating func advance() {
        let isUp = !cuts.isWithin(now - begin)
        operate()
        takeBatches()
        seal()
        pump()
        if isUp { carry(control.effective == .partitioned ? stepBytes : sendStrong()) }
        finishStrong(isUp)
        finishUploads(isUp)
        ask(isUp)
        now = now + FlowModel.step
    }

    private mutating func operate() {
        let isToHold = holds.isWithin(now - begin)
        guard isToHold != isHeld else { return }
        isHeld = isToHold
        note(control.set(isHeld ? .hold : .auto, now: now, drained: schedule.isDrained))
        if isHeld {
            for upload in uploads { finish(upload, .failed(.unreachable, retryAfter: nil)) }
            uploads = []
        } else {
            schedule.beginDraining()
        }
    }

    private mutating func takeBatches() {
        var haveCome = false
        for number in streams.indices {
            let index = (number + turn) % streams.count
            let settings = streams[index].settings
            let count = streams[index].arrivals(FlowModel.step / .seconds(1))
            guard count > 0 else { continue }
            haveCome = true
            switch settings.consistency {
            case .strong where control.effective == .partitioned: streams[index].refuse(count, minute)
            case .strong:
                streams[index].wait(count, now)
                strong.add(.init(stream: index, arrived: now, count: count))
            case .available:
                for _ in 0..<count {
                    guard budget.promise(settings.bodyBytes, to: settings.name) else {
                        streams[index].refuse(1, minute)
                        continue
                    }
                    streams[index].keep(now)
                    budget.settle(settings.name, promised: settings.bodyBytes)
                    budget.holds(settings.name, streams[index].heldBytes, now: now)
                }
            }
        }
        if haveCome { turn += 1 }
    }

    /// Strong batches go first; returns what they leave of the link in this step, in bytes.
    private mutating func sendStrong() -> Double {
        let latest = now + (scenario.roundTrip - FlowModel.strongPatience)
        let batchBytes = batchBytes
        let rate = scenario.linkBytesPerSecond
        return strong.send(stepBytes, answersFrom: now + scenario.roundTrip) {
            batchBytes[$0]
        } isInTime: {
            latest + .seconds(batchBytes[$0.stream] / rate) < $0.arrived
        }
    }

    private mutating func finishStrong(_ isUp: Bool) {
        if isUp, control.effective != .partitioned {
            for batches in strong.takeAnswered(now) {
                streams[batches.stream].pass(batches.count, arrived: batches.arrived)
                hear(.success, sent: batches.arrived)
            }
        }
        // While nobody has noticed yet that the zone is gone, they wait for their deadline; else until what was sent is given up.
        let patience =
            switch control.effective {
            case _ where isHeld: Duration.zero
            case .partitioned: FlowModel.stallLimit
            default: FlowModel.strongPatience
            }
        for batches in strong.takeOlder(than: now + (.zero - patience)) {
            streams[batches.stream].giveUp(batches.count, arrived: batches.arrived, minute)
        }
    }

    private mutating func seal() {
        for index in streams.indices {
            guard let open = streams[index].open,
                open.bytes >= scenario.segmentMaxBytes || now - open.began >= scenario.segmentMaxAge
            else { continue }
            streams[index].seal(schedule.add(to: streams[index].settings.name, bytes: open.bytes))
        }
    }

    private mutating func pump() {
        while control.effective != .partitioned,
            case .send(let ticket) = schedule.next(now: now, draining: control.effective == .draining),
            let index = streams.firstIndex(where: { $0.sealed[ticket] != nil })
        {
            uploads.append(
                Upload(
                    ticket: ticket, stream: index, began: now, bytesLeft: Double(streams[index].sealed[ticket]!.bytes),
                    progressed: now))
        }
    }

    /// The link's bytes of one step, shared evenly by those that have some to send; what one needs less is for the others.
    private mutating func carry(_ bytes: Double) {
        var left = bytes
        let sending = uploads.indices.filter { uploads[$0].bytesLeft > 0 }
            .sorted { uploads[$0].bytesLeft < uploads[$1].bytesLeft }
        for (number, index) in sending.enumerated() where left > 0 {
            let sent = min(uploads[index].bytesLeft, left / Double(sending.count - number))
            left -= sent
            uploads[index].bytesLeft -= sent
            uploads[index].progressed = now
            if uploads[index].bytesLeft <= 0 { uploads[index].answersFrom = now + scenario.roundTrip }
        }
    }

    private mutating func finishUploads(_ isUp: Bool) {
        let before = uploads
        uploads = []
        for upload in before {
            if isUp, let answersFrom = upload.answersFrom, now >= answersFrom {
                finish(upload, .landed)
            } else if now - (upload.answersFrom ?? upload.progressed) >= FlowModel.stallLimit {
                finish(upload, .failed(.unreachable, retryAfter: nil))
            } else {
                uploads.append(upload)
            }
        }
    }

    private mutating func finish(_ upload: Upload, _ outcome: LandingOutcome) {
        _ = schedule.finished(upload.ticket, outcome, now: now, jitter: 0.5)
        if outcome == .landed {
            let name = streams[upload.stream].settings.name
            streams[upload.stream].land(upload.ticket)
            budget.holds(name, streams[upload.stream].heldBytes, now: now)
        }
        hear(.init(outcome), sent: upload.began)
        if control.effective == .draining, schedule.isDrained { note(control.drained()) }
    }

    private mutating func ask(_ isUp: Bool) {
        if let sent = probe {
            let answered = sent.wasUp && isUp && now - sent.sent >= scenario.roundTrip
            guard answered || now - sent.sent >= FlowModel.probePatience else { return }
            probe = nil
            hear(answered ? .success : .failure, sent: sent.sent)
        } else if let due = control.probeAt, due <= now {
            probe = (now, isUp)
        }
    }

    private mutating func hear(_ evidence: PartitionControl.Evidence, sent: MonotonicInstant) {
        note(control.heard(evidence, sent: sent, now: now, drained: schedule.isDrained))
    }

    private mutating func note(_ transition: PartitionControl.Transition?) {
        guard let transition else { return }
        report.transitions.append(
            .init(
                minute: minute, from: transition.from.rawValue, to: transition.to.rawValue, reason: transition.reason))
        if transition.to == .partitioned { schedule.suspend() }
        if transition.from == .partitioned { schedule.beginDraining() }
    }

    // MARK: Looking

    private mutating func sample() {
        var sample = ScenarioReport.Sample(minute: minute, state: control.effective.rawValue)
        for index in streams.indices {
            let lag = streams[index].completeLag(now)
            let freshness = streams[index].freshness(now)
            sample.backlog_bytes[streams[index].settings.name.rawValue] = streams[index].heldBytes
            sample.complete_lag_seconds[streams[index].settings.name.rawValue] = lag.rounded()
            sample.freshness_seconds[streams[index].settings.name.rawValue] = freshness.rounded()
            sample.events_refused[streams[index].settings.name.rawValue] = streams[index].refusedThisMinute
            streams[index].refusedThisMinute = 0
        }
        report.samples.append(sample)
    }

    /// Every second: an outage may be shorter than what lies between samples.
    private mutating func look() {
        for index in streams.indices { streams[index].takeMaxima(now) }
        guard control.effective == .connected, let end = scenario.outageEnd, begin + end <= now else { return }
        if report.drained_after_minutes == nil {
            guard streams.allSatisfy({ ($0.oldestWaiting ?? now) >= begin + end }) else { return }
            report.drained_after_minutes = (now - begin - end) / .seconds(60)
        }
        if report.caught_up_after_minutes == nil, isNotBehind {
            report.caught_up_after_minutes = (now - begin - end) / .seconds(60)
        }
    }

    /// What is sealed by its age alone is as old as that when it begins to land.
    private var isNotBehind: Bool {
        let usual = 2 * (scenario.segmentMaxAge / .seconds(1))
        return streams.allSatisfy { $0.completeLag(now) <= usual }
    }

    private mutating func concluded() -> ScenarioReport {
        report.streams = streams.map(\.total)
        report.behind_at_end = !isNotBehind
        return report
    }
}
