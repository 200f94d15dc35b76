import Files
import Model

/// Drives a committer by the steps of a simulation: one whenever work has come in, and one when a seal is due.
final class CommitterSteps<FS: FileSystem, Time: TimeSource>: Sendable {
    private struct State {
        var isDue = false
        /// The seal that a step has been ordered for.
        var sealDue: MonotonicInstant?
    }

    private let committer: StreamWriter<FS, Time>.Committer
    private let time: Time
    private let steps: any StepExecution
    private let state = Monitor(State())

    init(_ committer: StreamWriter<FS, Time>.Committer, time: Time, steps: any StepExecution) {
        self.committer = committer
        self.time = time
        self.steps = steps
    }

    /// Work has come in. What comes in before the step runs shares its commit.
    func wake() {
        let isFirst = state.withLock { state in
            defer { state.isDue = true }
            return !state.isDue
        }
        if isFirst { steps.later { [self] in runNow() } }
    }

    func runNow() {
        state.withLock { $0.isDue = false }
        committer.runAvailable()
        guard let due = committer.sealDueAt else { return }
        let isNew = state.withLock { state in
            defer { state.sealDue = due }
            return state.sealDue != due
        }
        guard isNew else { return }
        steps.later(after: max(.zero, due - time.monotonic())) { [self] in
            state.withLock { if $0.sealDue == due { $0.sealDue = nil } }
            runNow()
        }
    }
}
