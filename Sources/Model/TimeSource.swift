/// Where time comes from: the system in production, a simulated clock in tests.
package protocol TimeSource: Sendable {
    /// Wall-clock time, for records. It may jump.
    func now() -> Timestamp
    /// Time that never goes back, for deadlines and ages.
    func monotonic() -> MonotonicInstant
}

/// A point on a clock that never goes back; only differences mean anything.
package struct MonotonicInstant: Hashable, Comparable, Sendable {
    package let nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
    package static func < (a: MonotonicInstant, b: MonotonicInstant) -> Bool { a.nanoseconds < b.nanoseconds }
    package static func - (a: MonotonicInstant, b: MonotonicInstant) -> Duration {
        .nanoseconds(a.nanoseconds - b.nanoseconds)
    }
    package static func + (a: MonotonicInstant, b: Duration) -> MonotonicInstant {
        let parts = b.components
        return MonotonicInstant(
            nanoseconds: a.nanoseconds + parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000)
    }
}
