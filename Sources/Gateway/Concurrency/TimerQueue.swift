import Foundation
package import Model

/// Runs closures after a delay, on one thread of its own; they must be short.
package final class TimerQueue<Time: TimeSource>: Sendable {
    private struct Entry {
        var due: MonotonicInstant
        var action: @Sendable () -> Void
    }
    private struct State {
        var entries: [Entry] = []
        var stopping = false

        var earliest: MonotonicInstant? { entries.map(\.due).min() }

        mutating func takeDue(_ now: MonotonicInstant) -> [Entry] {
            let due = entries.filter { $0.due <= now }.sorted { $0.due < $1.due }
            entries.removeAll { $0.due <= now }
            return due
        }
    }

    private let state = Monitor(State())
    private let time: Time
    private let steps: (any StepExecution)?

    /// - Parameter steps: without a thread, as steps of a simulation; `nil` in production.
    package init(time: Time, steps: (any StepExecution)? = nil) {
        self.time = time
        self.steps = steps
        guard steps == nil else { return }
        let thread = Thread { [state] in TimerQueue.loop(state, time) }
        thread.name = "timers"
        thread.stackSize = 1 << 20
        thread.start()
    }

    /// Runs `action` once, not before `delay` has passed.
    package func after(_ delay: Duration, _ action: @escaping @Sendable () -> Void) {
        if let steps { return steps.later(after: delay, action) }
        let due = time.monotonic() + delay
        state.signal { $0.entries.append(Entry(due: due, action: action)) }
    }

    /// Ends the thread; what has not run is dropped.
    package func stop() { state.signal { $0.stopping = true } }

    private static func loop(_ state: Monitor<State>, _ time: Time) {
        while true {
            let wake = state.withLock(\.earliest)
            let due: [Entry] =
                state.wait(until: wake) { state in
                    if state.stopping { return [] }
                    let due = state.takeDue(time.monotonic())
                    // An entry due before `wake` has come in: go round for the new deadline.
                    return due.isEmpty && state.earliest == wake ? nil : due
                } ?? []
            if state.withLock(\.stopping) { return }
            for entry in due { entry.action() }
        }
    }
}
