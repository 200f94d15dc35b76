import Gateway
import Model

/// One stream of a scenario: what it has in the journal, and what was said to its producers.
struct FlowStream {
    struct Segment {
        var bytes: Int64
        var began: MonotonicInstant
        var ended: MonotonicInstant
    }

    let settings: Scenario.Stream
    /// Batches that are due and not whole yet.
    private var due = 0.0
    var open: Segment?
    var sealed: [LandingSchedule.Ticket: Segment] = [:]
    var heldBytes: Int64 = 0
    /// When the newest landed event arrived.
    var newestLanded = MonotonicInstant(nanoseconds: 0)
    var total = ScenarioReport.Stream()
    var refusedThisMinute = 0.0

    init(_ settings: Scenario.Stream) {
        self.settings = settings
        total.stream = settings.name.rawValue
        total.consistency = settings.consistency.rawValue
    }

    /// The whole batches that come in within so many seconds.
    mutating func arrivals(_ seconds: Double) -> Int {
        due += settings.eventsPerSecond / settings.batchEvents * seconds
        // What a million sums are off by must not make a batch late.
        let whole = (due + 1e-6).rounded(.down)
        due -= whole
        total.events_offered += whole * settings.batchEvents
        return Int(whole)
    }

    mutating func takeMaxima(_ now: MonotonicInstant) {
        total.backlog_bytes_max = max(total.backlog_bytes_max, heldBytes)
        total.complete_lag_seconds_max = max(total.complete_lag_seconds_max, completeLag(now).rounded())
        total.freshness_seconds_max = max(total.freshness_seconds_max, freshness(now).rounded())
    }

    mutating func accept() { total.events_accepted += settings.batchEvents }

    mutating func refuse(_ minute: Double) {
        total.events_refused += settings.batchEvents
        refusedThisMinute += settings.batchEvents
        if total.first_refused_at_minute == nil { total.first_refused_at_minute = minute }
    }

    /// Into the journal.
    mutating func keep(_ now: MonotonicInstant) {
        var segment = open ?? Segment(bytes: 0, began: now, ended: now)
        segment.bytes += settings.landedBytes
        segment.ended = now
        open = segment
        heldBytes += settings.landedBytes
    }

    /// How long ago the oldest event arrived that has not landed.
    func completeLag(_ now: MonotonicInstant) -> Double {
        let oldest = (sealed.values.map(\.began) + (open.map { [$0.began] } ?? [])).min()
        return oldest.map { (now - $0) / .seconds(1) } ?? 0
    }

    func freshness(_ now: MonotonicInstant) -> Double { (now - newestLanded) / .seconds(1) }
}
