import Synchronization

/// Counts up: one relaxed atomic add. Any thread.
package final class Counter: Sendable {
    private let value = Atomic<UInt64>(0)

    package func add(_ count: Int = 1) {
        if count > 0 { value.wrappingAdd(UInt64(count), ordering: .relaxed) }
    }

    package var total: UInt64 { value.load(ordering: .relaxed) }
}
