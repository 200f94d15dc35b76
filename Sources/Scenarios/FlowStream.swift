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
    private(set) var open: Segment?
    private(set) var sealed: [LandingSchedule.Ticket: Segment] = [:]
    /// The tickets as they were sealed, from the oldest that has not landed.
    private var order: ArraySlice<LandingSchedule.Ticket> = []
    private(set) var heldBytes: Int64 = 0
    /// Strong batches without an answer yet.
    private var waiting: ArraySlice<(arrived: MonotonicInstant, count: Int)> = []
    private var firstArrived: MonotonicInstant?
    /// When the newest landed event arrived.
    private var newestLanded: MonotonicInstant?
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

    mutating func refuse(_ count: Int, _ minute: Double) {
        let events = Double(count) * settings.batchEvents
        total.events_refused += events
        refusedThisMinute += events
        if total.first_refused_at_minute == nil { total.first_refused_at_minute = minute }
    }

    // MARK: Strong batches

    mutating func wait(_ count: Int, _ now: MonotonicInstant) {
        firstArrived = firstArrived ?? now
        waiting.append((now, count))
    }

    mutating func pass(_ count: Int, arrived: MonotonicInstant) {
        total.events_accepted += Double(count) * settings.batchEvents
        newestLanded = arrived
        stopWaiting(count, arrived)
    }

    mutating func giveUp(_ count: Int, arrived: MonotonicInstant, _ minute: Double) {
        refuse(count, minute)
        stopWaiting(count, arrived)
    }

    /// Mostly the first that wait.
    private mutating func stopWaiting(_ count: Int, _ arrived: MonotonicInstant) {
        guard let index = waiting.firstIndex(where: { $0.arrived == arrived }) else { return }
        waiting[index].count -= count
        while let first = waiting.first, first.count == 0 { waiting.removeFirst() }
    }

    // MARK: Available batches

    /// Into the journal.
    mutating func keep(_ now: MonotonicInstant) {
        firstArrived = firstArrived ?? now
        total.events_accepted += settings.batchEvents
        var segment = open ?? Segment(bytes: 0, began: now, ended: now)
        segment.bytes += settings.landedBytes
        segment.ended = now
        open = segment
        heldBytes += settings.landedBytes
    }

    mutating func seal(_ ticket: LandingSchedule.Ticket) {
        sealed[ticket] = open
        order.append(ticket)
        open = nil
    }

    mutating func land(_ ticket: LandingSchedule.Ticket) {
        guard let segment = sealed.removeValue(forKey: ticket) else { return }
        heldBytes -= segment.bytes
        newestLanded = max(newestLanded ?? segment.ended, segment.ended)
        while let first = order.first, sealed[first] == nil { order.removeFirst() }
    }

    // MARK: How it stands

    /// When the oldest event arrived that may yet land and has not; `nil` without one.
    var oldestWaiting: MonotonicInstant? {
        order.first.flatMap { sealed[$0]?.began } ?? open?.began ?? waiting.first?.arrived
    }

    /// How long it has waited, in seconds.
    func completeLag(_ now: MonotonicInstant) -> Double { oldestWaiting.map { (now - $0) / .seconds(1) } ?? 0 }

    /// How old the newest landed event is, in seconds, or, while none has, the first that came; 0 before that.
    func freshness(_ now: MonotonicInstant) -> Double {
        (newestLanded ?? firstArrived).map { (now - $0) / .seconds(1) } ?? 0
    }
}
