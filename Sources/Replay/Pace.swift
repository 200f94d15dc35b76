package import Model

/// Spreads events over time: a rate that is not exceeded, with no bursts to make up for idle time.
package struct Pace: Sendable {
    private let eventsPerSecond: Double
    private var next: MonotonicInstant?

    /// 0: as fast as they are taken.
    package init(eventsPerSecond: Double) { self.eventsPerSecond = eventsPerSecond }

    /// How long to wait before so many events are sent.
    package mutating func delay(events: Int, now: MonotonicInstant) -> Duration {
        guard eventsPerSecond > 0 else { return .zero }
        let start = max(next ?? now, now)
        next = start + .seconds(Double(events) / eventsPerSecond)
        return start - now
    }
}
