import Synchronization

/// True once, after so many calls: one operation of many is to fail.
package final class Countdown: Sendable {
    private let left: Atomic<Int>

    package init(_ count: Int) { left = Atomic(count) }

    package func isDue() -> Bool { left.subtract(1, ordering: .relaxed).oldValue == 0 }
}
