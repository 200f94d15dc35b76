package import Model
import Synchronization

/// Clocks that move only when told to. The wall clock can also be made to jump; the monotonic one can't.
package final class SimulatedTime: TimeSource {
    private struct Clocks {
        var wall: Int64
        var monotonic: Int64
    }

    private let clocks: Mutex<Clocks>

    /// The default start is 2026-01-01T00:00:00Z on the wall and zero on the monotonic clock.
    package init(_ start: Timestamp = Timestamp(microseconds: 1_767_225_600_000_000)) {
        clocks = Mutex(Clocks(wall: start.microseconds, monotonic: 0))
    }

    package func now() -> Timestamp { clocks.withLock { Timestamp(microseconds: $0.wall) } }
    package func monotonic() -> MonotonicInstant { clocks.withLock { MonotonicInstant(nanoseconds: $0.monotonic) } }

    /// Moves both clocks forward.
    package func advance(by duration: Duration) {
        let nanoseconds = (MonotonicInstant(nanoseconds: 0) + duration).nanoseconds
        precondition(nanoseconds >= 0, "time goes forward; jumpWall sets the wall clock back")
        clocks.withLock {
            $0.monotonic += nanoseconds
            $0.wall += nanoseconds / 1000
        }
    }

    /// Moves the wall clock alone, forward or back, as NTP or an operator does.
    package func jumpWall(by duration: Duration) {
        let nanoseconds = (MonotonicInstant(nanoseconds: 0) + duration).nanoseconds
        clocks.withLock { $0.wall += nanoseconds / 1000 }
    }
}
