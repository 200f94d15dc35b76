package import Files
package import Journal
package import Landing
package import Logging
package import Model
package import Telemetry

/// Carries out the ``LandingSchedule``: sends sealed segments to the landing zone, records each in the ledger once it
/// is there, and only then retires it from the journal.
package final class Lander<FS: FileSystem, Store: ObjectStore, Time: TimeSource>: Sendable {
    package typealias Writer = StreamWriter<FS, Time>

    private struct Item: Sendable {
        var segment: SealedSegment
        var writer: Writer
    }
    private struct State {
        var schedule: LandingSchedule
        var items: [LandingSchedule.Ticket: Item] = [:]
        /// Landed, but not yet recorded and retired.
        var retiring = 0
        /// Damaged, and not yet taken apart.
        var damaged = 0
    }

    private let state: Monitor<State>
    private let store: Store
    private let link: ZoneLink<FS, Store, Time>
    private let time: Time
    private let timers: TimerQueue<Time>
    private let recorder: Recorder
    private let salvager: Salvager
    private let jitter: @Sendable () -> Double
    private let telemetry: Telemetry
    private let log: Logger

    /// Writes a landed fact and calls back once it is durable.
    package typealias Recorder = @Sendable (SealedSegment, StreamName, @escaping @Sendable () -> Void) -> Void

    /// Takes a damaged segment apart, which may take long, and ends with one of the `endSalvage` calls.
    package typealias Salvager = @Sendable (SealedSegment, Writer) -> Void

    package init(
        _ configuration: LandingSchedule.Configuration, store: Store, link: ZoneLink<FS, Store, Time>, time: Time,
        timers: TimerQueue<Time>, jitter: @escaping @Sendable () -> Double, telemetry: Telemetry, log: Logger,
        recorder: @escaping Recorder, salvager: @escaping Salvager
    ) {
        self.jitter = jitter
        state = Monitor(State(schedule: LandingSchedule(configuration)))
        self.store = store
        self.link = link
        self.time = time
        self.timers = timers
        self.recorder = recorder
        self.salvager = salvager
        self.telemetry = telemetry
        self.log = log
    }

    /// Queues a sealed segment behind the others of its stream.
    ///
    /// A segment without events (all its batches' events were refused) has only keys, which retiring keeps: it is no
    /// object, and the next segment, which begins at the same sequence, may take the name it would have.
    package func add(_ segment: SealedSegment, writer: Writer) {
        guard !segment.range.isEmpty else {
            state.withLock { $0.retiring += 1 }
            return retire(Item(segment: segment, writer: writer))
        }
        state.withLock { state in
            let ticket = state.schedule.add(to: writer.stream, bytes: segment.length)
            state.items[ticket] = Item(segment: segment, writer: writer)
        }
        pump()
    }

    /// Damaged segments that are not taken apart yet.
    var damaged: Int { state.withLock { $0.damaged } }

    /// A damaged segment counts as not landed until one of the calls below.
    func beginSalvage() { state.withLock { $0.damaged += 1 } }

    /// The landing zone was found to hold a segment that is damaged here: it is recorded and retired.
    func endSalvage(alreadyLanded segment: SealedSegment, writer: Writer) {
        state.withLock { state in
            state.damaged -= 1
            state.retiring += 1
        }
        recordAndRetire(Item(segment: segment, writer: writer))
    }

    /// A damaged segment has been taken apart into these.
    func endSalvage(into segments: [SealedSegment], writer: Writer) {
        for segment in segments { add(segment, writer: writer) }
        state.signal { $0.damaged -= 1 }
    }

    /// Asks the landing zone for the segment's object.
    package func inspect(_ segment: SealedSegment, completion: @escaping @Sendable (InspectOutcome) -> Void) {
        store.inspect(segment.objectName, completion: completion)
    }

    /// The sealed segments that have not landed, by stream, oldest first.
    package var waiting: [StreamName: [SealedSegment]] {
        let items = state.withLock { $0.items }
        return Dictionary(grouping: items.sorted { $0.key < $1.key }.map(\.value), by: \.writer.stream)
            .mapValues { $0.map(\.segment) }
    }

    /// Segments not yet landed and retired.
    package var backlog: Int { state.withLock { $0.schedule.pending + $0.retiring + $0.damaged } }

    /// Whether nothing is left of what waited when the zone healed.
    var isDrained: Bool { state.withLock { $0.schedule.isDrained } }

    /// Segments and bytes not yet landed, and when the oldest event of them arrived.
    var backlogSummary: (segments: Int, bytes: Int64, oldestArrival: Timestamp?) {
        state.withLock { state in
            (
                state.schedule.pending, state.schedule.pendingBytes,
                state.items.values.lazy.map { $0.segment.received.lowerBound }.min()
            )
        }
    }

    /// The zone is gone, or taken away.
    func suspend() { state.withLock { $0.schedule.suspend() } }

    /// The zone is there again: what waits is a backlog, and goes.
    func resume() {
        state.withLock { $0.schedule.beginDraining() }
        pump()
    }

    /// Whether the stream's landing stopped because other bytes hold its object's name.
    package func isStopped(_ stream: StreamName) -> Bool { state.withLock { $0.schedule.isStopped(stream) } }

    /// Waits until everything that can land has landed and is retired, or until the deadline; whether it has.
    package func waitUntilLanded(deadline: MonotonicInstant) -> Bool {
        state.wait(until: deadline) { $0.schedule.landable + $0.retiring + $0.damaged == 0 ? true : nil } ?? false
    }

    private func pump() {
        while true {
            let mode = link.effective
            if mode == .partitioned { return }
            let (next, item) = state.withLock { state in
                let next = state.schedule.next(now: time.monotonic(), draining: mode == .draining)
                if case .send(let ticket) = next { return (next, state.items[ticket]) }
                return (next, nil)
            }
            switch next {
            case .send(let ticket):
                guard let item else { preconditionFailure("a ticket without its segment") }
                send(ticket, item)
            case .idle(let wake):
                if let wake {
                    timers.after(max(.milliseconds(1), wake - time.monotonic())) { [weak self] in self?.pump() }
                }
                return
            }
        }
    }

    private func send(_ ticket: LandingSchedule.Ticket, _ item: Item) {
        let segment = item.segment
        let object = NewObject(
            name: segment.objectName, body: .file(segment.path), length: segment.length, sha256: segment.sha256,
            notes: [
                ("gateway", "\(segment.gateway)"), ("events", "\(segment.range.count)"),
                ("sequences", "\(segment.range)"),
            ])
        let sent = time.monotonic()
        store.create(object) { [self] outcome in
            let verdict = state.signal { state in
                let verdict = state.schedule.finished(
                    ticket, LandingOutcome(outcome), now: time.monotonic(), jitter: jitter())
                switch verdict {
                case .landed:
                    state.items[ticket] = nil
                    state.retiring += 1
                case .damaged:
                    state.items[ticket] = nil
                    state.damaged += 1
                case .retry, .stopped: break
                }
                return verdict
            }
            count(outcome, item)
            report(outcome, verdict, segment)
            link.heard(outcome, sent: sent)
            if [.landed, .damaged].contains(verdict), link.effective == .draining, isDrained { link.backlogLanded() }
            switch verdict {
            case .landed: recordAndRetire(item)
            case .damaged:
                // Not at once: bytes that were damaged on their way only are sent again, over and over.
                timers.after(.seconds(5)) { [weak self] in self?.salvager(segment, item.writer) }
            case .retry, .stopped: break
            }
            pump()
        }
    }

    private func recordAndRetire(_ item: Item) {
        recorder(item.segment, item.writer.stream) { [self] in retire(item) }
    }

    private func retire(_ item: Item) {
        item.writer.retire(item.segment) { [self] error in
            guard let error else {
                state.signal { $0.retiring -= 1 }
                return
            }
            log.error("could not retire a landed segment; will try again", metadata: ["error": "\(error)"])
            timers.after(.seconds(1)) { [weak self] in self?.retire(item) }
        }
    }

    private func count(_ outcome: CreateOutcome, _ item: Item) {
        let stream = item.writer.stream.rawValue
        telemetry.counter(.landingOutcomes, [stream, outcome.word]).add()
        if LandingOutcome(outcome) == .landed {
            telemetry.counter(.landedBytes, [stream]).add(Int(item.segment.length))
        }
    }

    private func report(_ outcome: CreateOutcome, _ verdict: LandingSchedule.Verdict, _ segment: SealedSegment) {
        let metadata: Logger.Metadata = ["object": "\(segment.objectName)", "bytes": "\(segment.length)"]
        switch verdict {
        case .landed: log.debug("landed", metadata: metadata)
        case .retry(let pause):
            log.warning(
                "landing failed; the segment stays in the journal",
                metadata: metadata.merging(["outcome": "\(outcome)", "retry_in": "\(pause)"]) { $1 })
        case .damaged:
            log.error(
                "landing failed: the segment's bytes are not those that were sealed",
                metadata: metadata.merging(["outcome": "\(outcome)"]) { $1 })
        case .stopped:
            log.critical(
                "the object's name is taken by other bytes: this stream is stopped and nothing was overwritten; compare the object with `sluice journal inspect`",
                metadata: metadata)
        }
    }
}

extension CreateOutcome {
    /// As the metric's label has it.
    var word: String {
        switch self {
        case .created: "created"
        case .same: "same"
        case .different: "different"
        case .conflict: "conflict"
        case .unknown: "unknown"
        case .refused: "refused"
        }
    }
}

extension LandingOutcome {
    package init(_ outcome: CreateOutcome) {
        #if SLUICE_CANARIES
            switch outcome {
            case .conflict where Canary.isOn(.conflictAsExists), .unknown where Canary.isOn(.unknownAsLanded):
                self = .landed
                return
            case .refused(let failure) where failure.kind == .denied && Canary.isOn(.dropOnDenied):
                self = .landed
                return
            default: break
            }
        #endif
        switch outcome {
        case .created, .same: self = .landed
        case .different: self = .different
        case .conflict: self = .failed(nil, retryAfter: nil)
        case .unknown(let failure), .refused(let failure):
            self = .failed(failure.kind, retryAfter: failure.retryAfter)
        }
    }
}
