package import Model

/// Sees to it that everybody who waits is answered by a deadline: with what came of it, or, at the deadline, that nothing has
/// come yet. One timer for all, at the earliest deadline.
package final class DeadlineKeeper<Outcome: Sendable, Time: TimeSource>: Sendable {
    package typealias Completion = @Sendable (Outcome) -> Void

    private struct Wait {
        var deadline: MonotonicInstant
        var completion: Completion
    }
    private struct State {
        var waits: [UInt64: Wait] = [:]
        var next: UInt64 = 0
        /// When the timer is due.
        var sweepAt: MonotonicInstant?
    }

    private let state = Monitor(State())
    private let late: Outcome
    private let time: Time
    private let timers: TimerQueue<Time>

    /// - Parameter late: what who waits is told at the deadline.
    package init(late: Outcome, time: Time, timers: TimerQueue<Time>) {
        self.late = late
        self.time = time
        self.timers = timers
    }

    /// Gives what calls `completion` with the outcome, unless the deadline came first: then it has been called already, and what
    /// comes later is nobody's.
    package func until(_ deadline: MonotonicInstant, _ completion: @escaping Completion) -> Completion {
        #if SLUICE_CANARIES
            if Canary.isOn(.answerLate) { return completion }
        #endif
        let (number, sweeps) = state.withLock { state in
            let number = state.next
            state.next += 1
            state.waits[number] = Wait(deadline: deadline, completion: completion)
            let sweeps = state.sweepAt.map { deadline < $0 } ?? true
            if sweeps { state.sweepAt = deadline }
            return (number, sweeps)
        }
        if sweeps { plan(deadline) }
        return { [weak self] outcome in
            self?.state.withLock { $0.waits.removeValue(forKey: number) }?.completion(outcome)
        }
    }

    /// Forgets who waits.
    package func abandon() { state.withLock { $0.waits = [:] } }

    private func plan(_ deadline: MonotonicInstant) {
        timers.after(max(.zero, deadline - time.monotonic())) { [weak self] in self?.sweep(deadline) }
    }

    private func sweep(_ planned: MonotonicInstant) {
        let now = time.monotonic()
        let (overdue, next) = state.withLock { state -> ([Wait], MonotonicInstant?) in
            // An earlier one was planned meanwhile, and plans what follows.
            guard state.sweepAt == planned else { return ([], nil) }
            let overdue = state.waits.filter { $0.value.deadline <= now }.sorted { $0.key < $1.key }
            for (number, _) in overdue { state.waits[number] = nil }
            state.sweepAt = state.waits.values.lazy.map(\.deadline).min()
            return (overdue.map(\.value), state.sweepAt)
        }
        for wait in overdue { wait.completion(late) }
        if let next { plan(next) }
    }
}
