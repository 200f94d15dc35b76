import Model
import Synchronization

/// What the connections of a run share.
final class RunState: Sendable {
    private struct Outcome {
        var tally = Tally()
        var error: LoadError?
        var lastAnswer: MonotonicInstant?
    }

    private let outcome = Mutex(Outcome())
    private let stopping = Atomic(false)
    private let batchesLeft: Atomic<Int>
    private let lastLeft: Atomic<Bool>
    /// Connections still at work.
    let live: Atomic<Int>
    /// Events acknowledged so far.
    let acknowledged = Atomic(0)
    /// Requests sent again so far.
    let retries = Atomic(0)

    init(_ configuration: LoadConfiguration) {
        live = Atomic(configuration.connections)
        if case .events(let total) = configuration.limit {
            batchesLeft = Atomic(total / configuration.batch)
            lastLeft = Atomic(total % configuration.batch > 0)
        } else {
            batchesLeft = Atomic(Int.max)
            lastLeft = Atomic(false)
        }
    }

    var stopped: Bool { stopping.load(ordering: .relaxed) }
    var error: LoadError? { outcome.withLock { $0.error } }
    var tally: Tally { outcome.withLock { $0.tally } }
    var lastAnswer: MonotonicInstant? { outcome.withLock { $0.lastAnswer } }

    /// Takes one whole batch of those that are left; false when there is none.
    func takeBatch() -> Bool {
        if stopped { return false }
        return batchesLeft.subtract(1, ordering: .relaxed).oldValue > 0
    }

    /// Takes the smaller batch at the end, once.
    func takeLast() -> Bool {
        if stopped { return false }
        return lastLeft.exchange(false, ordering: .relaxed)
    }

    /// A connection's last words.
    func finish(_ tally: Tally, at instant: MonotonicInstant?, error: LoadError?) {
        outcome.withLock { outcome in
            outcome.tally.merge(tally)
            outcome.error = outcome.error ?? error
            if let instant { outcome.lastAnswer = max(outcome.lastAnswer ?? instant, instant) }
        }
        if error != nil { stopping.store(true, ordering: .relaxed) }
        live.subtract(1, ordering: .releasing)
    }
}
