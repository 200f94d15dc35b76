package import Files
import Journal
package import Model

/// What is known of the landing of one stream's batches, and who waits for it. Any thread.
package final class StreamLanding<FS: FileSystem, Time: TimeSource>: Sendable {
    package enum Outcome: Sendable {
        case landed
        /// Not within the deadline.
        case late
        /// The gateway stops.
        case stopping
    }

    private struct Wait {
        var incarnation: Incarnation
        var first: UInt64
        var completion: @Sendable (Outcome) -> Void
    }
    private struct State {
        var index: LandedIndex
        var through: LandedThrough
        /// In the order of their numbers.
        var waits: [UInt64: Wait] = [:]
        var nextWait: UInt64 = 0
        /// What this life sealed lies below it.
        var sealedEnd: UInt64 = 0
        var earlySeal = EarlySeal()
        var stopping = false

        mutating func take(where isDone: (Wait) -> Bool) -> [Wait] {
            let done = waits.filter { isDone($0.value) }.sorted { $0.key < $1.key }
            for (number, _) in done { waits[number] = nil }
            return done.map(\.value)
        }
    }

    private let incarnation: Incarnation
    private let writer: LateBound<StreamWriter<FS, Time>>
    private let time: Time
    private let timers: TimerQueue<Time>
    private let state: Monitor<State>
    private let deadlines: DeadlineKeeper<Outcome, Time>

    /// `writer` is bound before the first call.
    init(
        incarnation: Incarnation, index: LandedIndex, writer: LateBound<StreamWriter<FS, Time>>, time: Time,
        timers: TimerQueue<Time>
    ) {
        self.incarnation = incarnation
        self.writer = writer
        self.time = time
        self.timers = timers
        state = Monitor(State(index: index, through: LandedThrough(incarnation: incarnation)))
        deadlines = DeadlineKeeper(late: .late, time: time, timers: timers)
    }

    /// The landed object that holds the sequence; `.some(nil)` when it landed under a name that is not known.
    package func object(of sequence: UInt64, _ incarnation: Incarnation) -> String?? {
        state.withLock { $0.index.object(of: sequence, incarnation) }
    }

    // MARK: What the journal tells

    func sealed(_ segment: SealedSegment) {
        guard segment.incarnation == incarnation else { return }
        state.withLock { $0.sealedEnd = max($0.sealedEnd, segment.range.end) }
    }

    /// The segment has landed, and the journal will know so after a restart.
    func retired(_ segment: SealedSegment) {
        guard !segment.range.isEmpty else { return }
        let landed = LandedSegment(segment)
        let now = time.now()
        let done = state.withLock { state in
            state.index.add(landed, now: now)
            state.through.landed(.init(landed.incarnation, landed.range))
            return state.take {
                $0.incarnation == landed.incarnation && landed.range.first <= $0.first && $0.first < landed.range.end
            }
        }
        for wait in done { wait.completion(.landed) }
    }

    func inherit(_ segments: [SealedSegment]) {
        state.withLock { state in segments.forEach { state.through.inherit(.init($0.incarnation, $0.range)) } }
    }

    func replace(_ segment: SealedSegment, by parts: [SealedSegment]) {
        let place = LandedThrough.Place(segment.incarnation, segment.range)
        state.withLock { $0.through.replace(place, by: parts.map { .init($0.incarnation, $0.range) }) }
    }

    func mark(_ time: Timestamp, next: UInt64) { state.withLock { $0.through.mark(time, next: next) } }

    /// Everything that this gateway acknowledged on the stream up to this moment has landed; `nil` when not known.
    package func landedThrough() -> Timestamp? {
        guard let writer = writer.value else { return nil }
        let now = time.now()
        let next = writer.durableNext
        return state.withLock { $0.through.through(now: now, next: next) }
    }

    // MARK: Those who wait

    /// Calls back once the durable batch that begins at `first` has landed and the journal knows it, or at the deadline. Has
    /// the stream sealed early if need be.
    func whenLanded(
        _ first: UInt64, _ incarnation: Incarnation, deadline: MonotonicInstant,
        completion: @escaping @Sendable (Outcome) -> Void
    ) {
        let now = time.monotonic()
        let (settled, action) = state.withLock { state -> (Outcome?, EarlySeal.Action) in
            if state.index.object(of: first, incarnation) != nil { return (.landed, .none) }
            if state.stopping { return (.stopping, .none) }
            if deadline <= now { return (.late, .none) }
            let number = state.nextWait
            state.nextWait += 1
            let answer = deadlines.until(deadline) { [weak self] outcome in
                if case .late = outcome { self?.state.withLock { $0.waits[number] = nil } }
                completion(outcome)
            }
            state.waits[number] = Wait(incarnation: incarnation, first: first, completion: answer)
            let isOpen = incarnation == self.incarnation && first >= state.sealedEnd
            return (nil, isOpen ? state.earlySeal.asked(now: now) : .none)
        }
        if let settled { return completion(settled) }
        switch action {
        case .none: break
        case .seal: seal()
        case .wait(let pause): timers.after(pause) { [weak self] in self?.sealIfWanted() }
        }
    }

    /// From now on nobody waits.
    func stopWaiting() {
        let waits = state.withLock { state in
            state.stopping = true
            return state.take { _ in true }
        }
        for wait in waits { wait.completion(.stopping) }
    }

    /// Forgets who waits, as the death of a process does.
    func abandon() {
        deadlines.abandon()
        state.withLock { $0.waits = [:] }
    }

    private func sealIfWanted() {
        let now = time.monotonic()
        let isDue = state.withLock { state in
            let isWanted = state.waits.values.contains { $0.incarnation == incarnation && $0.first >= state.sealedEnd }
            return state.earlySeal.due(isWanted: isWanted, now: now)
        }
        if isDue { seal() }
    }

    /// When it fails, the journal seals at its own time, and who waits hears of the deadline.
    private func seal() { writer.value?.seal { _ in } }
}
