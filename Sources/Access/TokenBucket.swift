package import Model

/// An allowance that fills at a steady rate up to what it gains in one window: a pure state machine on an injected clock.
///
/// It is paid afterwards: a batch is let in while anything is left, and its real size may take the level below zero,
/// which the next batch then waits out. So a batch larger than the whole allowance is not refused forever, and the
/// average over time never exceeds the rate.
package struct TokenBucket: Sendable {
    /// Tokens gained in a second.
    package let rate: Double
    package let capacity: Double
    private var level: Double
    private var at: MonotonicInstant

    /// A full bucket.
    package init(rate: Int, window: Duration, now: MonotonicInstant) {
        self.rate = Double(max(1, rate))
        capacity = self.rate * max(window / .seconds(1), 0.001)
        level = capacity
        at = now
    }

    /// How long until something is left; `nil` when something is.
    package mutating func wait(now: MonotonicInstant) -> Duration? {
        fill(now)
        // A whole token: nobody can use a part of one.
        return level >= 1 || level >= capacity ? nil : .seconds((min(1, capacity) - level) / rate)
    }

    /// Takes tokens, below zero if need be.
    package mutating func spend(_ tokens: Int, now: MonotonicInstant) {
        fill(now)
        level -= Double(tokens)
    }

    /// Whole tokens left, at least 0.
    package mutating func left(now: MonotonicInstant) -> Int {
        fill(now)
        return Int(max(0, level))
    }

    /// How long until it is full again.
    package mutating func untilFull(now: MonotonicInstant) -> Duration {
        fill(now)
        return .seconds((capacity - level) / rate)
    }

    private mutating func fill(_ now: MonotonicInstant) {
        guard now > at else { return }
        level = min(capacity, level + rate * ((now - at) / .seconds(1)))
        at = now
    }
}
