import Foundation

/// A fixed number of threads for the CPU work on batches and for blocking calls of a landing zone.
///
/// Jobs start in the order given. Bounded by what feeds it: admission bounds the bytes in flight.
package final class WorkerPool: Sendable {
    private struct State {
        /// A job that was taken leaves `nil`: what it holds (a body) must not outlive it here.
        var jobs: [(@Sendable () -> Void)?] = []
        var next = 0
        var stopping = false

        mutating func take() -> (@Sendable () -> Void)? {
            guard next < jobs.count else { return nil }
            let job = jobs[next]
            jobs[next] = nil
            next += 1
            if next == jobs.count {
                jobs.removeAll(keepingCapacity: true)
                next = 0
            } else if next >= 1024 {
                jobs.removeFirst(next)
                next = 0
            }
            return job
        }
    }

    private let state = Monitor(State())
    private let steps: (any StepExecution)?

    /// A pool without threads, whose jobs are steps of a simulation.
    package init(steps: any StepExecution) { self.steps = steps }

    /// Starts `threads` threads named `name`.
    package init(name: String, threads: Int) {
        steps = nil
        for index in 0..<threads {
            let state = self.state
            let thread = Thread {
                while let job = WorkerPool.next(state) { job() }
            }
            thread.name = "\(name)-\(index)"
            thread.stackSize = 1 << 20
            thread.start()
        }
    }

    /// Runs the job on one of the threads, later. Never blocks.
    package func run(_ job: @escaping @Sendable () -> Void) {
        if let steps { return steps.later(job) }
        state.signal { $0.jobs.append(job) }
    }

    /// Lets the threads end once the jobs given so far are done. Does not wait.
    package func stop() {
        state.signal { $0.stopping = true }
    }

    private static func next(_ state: Monitor<State>) -> (@Sendable () -> Void)? {
        state.wait { state -> (@Sendable () -> Void)?? in
            if let job = state.take() { return .some(job) }
            return state.stopping ? .some(nil) : nil
        } ?? nil
    }
}
