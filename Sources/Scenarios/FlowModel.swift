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
        var bytesLeft: Double
        /// The answer comes a round trip after the request.
        var answersFrom: MonotonicInstant
        var progressed: MonotonicInstant
    }

    /// As long as the S3 client's stall limit, and a probe's patience.
    private static let stallLimit: Duration = .seconds(15)
    private static let probePatience: Duration = .seconds(3)
    private static let step: Duration = .milliseconds(10)

    private let scenario: Scenario
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
    /// What strong batches took of the link beyond the steps that they came in, in bytes.
    private var linkDebt = 0.0
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
                uniqueKeysWithValues: scenario.streams.filter { $0.consistency == .available }
                    .map { ($0.name, .init(priority: $0.priority, bytes: $0.journalBudgetBytes)) }))
        streams = scenario.streams.map(FlowStream.init)
        report = ScenarioReport(scenario)
    }

    /// - Parameter progress: told each minute of the scenario that has been reckoned.
    package static func run(_ scenario: Scenario, progress: (Int) -> Void = { _ in }) -> ScenarioReport {
        var model = FlowModel(scenario)
        let steps = Int(scenario.lasts / step)
        for number in 1...steps {
            model.advance()
            if number % 100 == 0 { model.look() }
            if number % 6000 == 0 {
                model.sample()
                progress(number / 6000)
            }
        }
        return model.concluded()
    }

    private var minute: Double { Double(now.nanoseconds) / 60e9 }

    // MARK: One step

    private mutating func advance() {
        let isUp = !cuts.isWithin(now)
        operate()
        let left = takeBatches(isUp)
        seal()
        pump()
        carry(isUp ? max(0, left) : 0)
        ask(isUp)
        now = now + FlowModel.step
    }

    private mutating func operate() {
        let isToHold = holds.isWithin(now)
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

    /// What comes in; returns what strong streams leave of the link in this step, in bytes.
    private mutating func takeBatches(_ isUp: Bool) -> Double {
        let seconds = FlowModel.step / .seconds(1)
        var left = scenario.linkBytesPerSecond * seconds - linkDebt
        defer { linkDebt = max(0, -left) }
        for index in streams.indices {
            let settings = streams[index].settings
            for _ in 0..<streams[index].arrivals(seconds) {
                switch settings.consistency {
                case .strong:
                    // While nobody has noticed yet that the zone is gone, a request waits for its deadline and is refused.
                    if control.effective != .partitioned, isUp, left > 0 {
                        left -= Double(settings.landedBytes)
                        streams[index].accept()
                        streams[index].newestLanded = now
                    } else {
                        streams[index].refuse(minute)
                    }
                case .available:
                    guard budget.promise(settings.bodyBytes, to: settings.name) else {
                        streams[index].refuse(minute)
                        continue
                    }
                    streams[index].accept()
                    streams[index].keep(now)
                    budget.settle(settings.name, promised: settings.bodyBytes)
                    budget.holds(settings.name, streams[index].heldBytes, now: now)
                }
            }
        }
        return left
    }

    private mutating func seal() {
        for index in streams.indices {
            guard let open = streams[index].open,
                open.bytes >= scenario.segmentMaxBytes || now - open.began >= scenario.segmentMaxAge
            else { continue }
            let ticket = schedule.add(to: streams[index].settings.name, bytes: open.bytes)
            streams[index].sealed[ticket] = open
            streams[index].open = nil
        }
    }

    private mutating func pump() {
        while control.effective != .partitioned,
            case .send(let ticket) = schedule.next(now: now, draining: control.effective == .draining),
            let index = streams.firstIndex(where: { $0.sealed[ticket] != nil })
        {
            uploads.append(
                Upload(
                    ticket: ticket, stream: index, bytesLeft: Double(streams[index].sealed[ticket]!.bytes),
                    answersFrom: now + scenario.roundTrip, progressed: now))
        }
    }

    /// The link's bytes of one step, shared evenly.
    private mutating func carry(_ bytes: Double) {
        let share = uploads.isEmpty ? 0 : bytes / Double(uploads.count)
        var rest: [Upload] = []
        let before = uploads
        uploads = []
        for var upload in before {
            if bytes > 0 {
                upload.bytesLeft -= share
                upload.progressed = now
            }
            if upload.bytesLeft <= 0, bytes > 0, now >= upload.answersFrom {
                finish(upload, .landed)
            } else if now - upload.progressed >= FlowModel.stallLimit {
                finish(upload, .failed(.unreachable, retryAfter: nil))
            } else {
                rest.append(upload)
            }
        }
        uploads = rest
    }

    private mutating func finish(_ upload: Upload, _ outcome: LandingOutcome) {
        _ = schedule.finished(upload.ticket, outcome, now: now, jitter: 0.5)
        if outcome == .landed, let segment = streams[upload.stream].sealed.removeValue(forKey: upload.ticket) {
            let name = streams[upload.stream].settings.name
            streams[upload.stream].heldBytes -= segment.bytes
            streams[upload.stream].newestLanded = max(streams[upload.stream].newestLanded, segment.ended)
            budget.holds(name, streams[upload.stream].heldBytes, now: now)
        }
        hear(.init(outcome))
        if control.effective == .draining, schedule.isDrained { note(control.drained()) }
    }

    private mutating func ask(_ isUp: Bool) {
        if let sent = probe {
            let answered = sent.wasUp && isUp && now - sent.sent >= scenario.roundTrip
            guard answered || now - sent.sent >= FlowModel.probePatience else { return }
            probe = nil
            hear(answered ? .success : .failure)
        } else if let due = control.probeAt, due <= now {
            probe = (now, isUp)
        }
    }

    private mutating func hear(_ evidence: PartitionControl.Evidence) {
        note(control.heard(evidence, now: now, drained: schedule.isDrained))
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
        // What is sealed by its age alone is as old as that when it begins to land.
        let usual = 2 * (scenario.segmentMaxAge / .seconds(1))
        if streams.allSatisfy({ $0.completeLag(now) <= usual }) { report.isCaughtUp(minute) }
    }

    private mutating func concluded() -> ScenarioReport {
        report.streams = streams.map(\.total)
        report.conclude()
        return report
    }
}
