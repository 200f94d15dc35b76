import Synchronization

/// True once, after so many calls.
final class Countdown: Sendable {
    private let left: Atomic<Int>

    init(_ count: Int) { left = Atomic(count) }
    func isDue() -> Bool { left.subtract(1, ordering: .relaxed).oldValue == 0 }
}
