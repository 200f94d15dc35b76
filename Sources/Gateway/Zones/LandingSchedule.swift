package import Landing
package import Model

/// Decides which sealed segment goes to the landing zone when: a pure state machine on an injected clock.
///
/// Oldest first within a stream, streams in turn, at most `concurrency` at once, and one at a time per stream, so that
/// a stream's objects appear in order. While a backlog drains, at most so many bytes a second, and newest first if so set.
/// A failure of any class keeps the segment and delays its stream by a jittered, doubling pause; a segment that the disk
/// damaged lets the others pass; only different content under the segment's name stops the stream for good.
package struct LandingSchedule: Sendable {
    package typealias Ticket = UInt64

    package struct Configuration: Sendable {
        /// Segments on their way at once. Default 2.
        package var concurrency = 2
        /// Pause after a first failure. Default 200 ms.
        package var retryMin: Duration = .milliseconds(200)
        /// Longest pause. Default 30 s.
        package var retryMax: Duration = .seconds(30)
        /// Which segments of a backlog land first. Default the oldest.
        package var drainOrder = DrainOrder.oldest
        /// Bytes a second, at most, while a backlog drains, so that it leaves room on the link; `nil` for no bound.
        /// Default 100 MiB/s.
        package var drainBytesPerSecond: Int64? = 100 << 20
        package init() {}
    }

    package enum DrainOrder: String, Sendable, CaseIterable {
        /// Completeness catches up from the past on.
        case oldest
        /// Dashboards are current at once, and holes close later.
        case newest
    }

    package enum Next: Equatable, Sendable {
        /// Send this one now; answer with ``finished(_:_:now:random:)``.
        case send(Ticket)
        /// Nothing to do before this moment (`nil`: before something changes).
        case idle(until: MonotonicInstant?)
    }

    package enum Verdict: Equatable, Sendable {
        case landed
        case retry(after: Duration)
        /// The name is taken by other bytes: the stream is stopped.
        case stopped
        /// The segment's bytes are no longer those that were sealed: it waits here no more, and is to be taken apart.
        case damaged
    }

    private struct Lane {
        var waiting: [Ticket] = []
        var sending: Ticket?
        var failures = 0
        var notBefore: MonotonicInstant?
        var stopped = false

        /// Where it was: tickets wait in their order.
        mutating func putBack(_ ticket: Ticket) {
            waiting.insert(ticket, at: waiting.firstIndex { $0 > ticket } ?? waiting.endIndex)
        }
    }

    private let configuration: Configuration
    private var lanes: [StreamName: Lane] = [:]
    private var turn: [StreamName] = []
    private var nextTicket: Ticket = 0
    private var segments: [Ticket: (stream: StreamName, bytes: Int64)] = [:]
    /// Tickets below this one are the backlog that drains.
    private var drainBelow: Ticket = 0
    private var drainNotBefore: MonotonicInstant?

    package init(_ configuration: Configuration) { self.configuration = configuration }

    /// Segments waiting or on their way.
    package var pending: Int { segments.count }
    /// Their bytes.
    package private(set) var pendingBytes: Int64 = 0
    /// Segments that can still land: those of stopped streams wait for an operator.
    package var landable: Int {
        lanes.values.reduce(0) { $0 + ($1.stopped ? 0 : $1.waiting.count + ($1.sending == nil ? 0 : 1)) }
    }
    package func isStopped(_ stream: StreamName) -> Bool { lanes[stream]?.stopped ?? false }

    /// Whether nothing is left of what waited when ``beginDraining()`` was called, or since ``suspend()`` nothing waits;
    /// stopped streams aside.
    package var isDrained: Bool {
        !lanes.values.contains { lane in
            !lane.stopped
                && (lane.waiting.first.map { $0 < drainBelow } ?? false
                    || lane.sending.map { $0 < drainBelow } ?? false)
        }
    }

    /// The zone is gone: all that waits when it is back will be a backlog.
    package mutating func suspend() { drainBelow = .max }

    /// What waits now is a backlog: no pause holds it back any more, and ``isDrained`` says when it has gone.
    package mutating func beginDraining() {
        drainBelow = nextTicket
        for stream in lanes.keys {
            lanes[stream]!.notBefore = nil
            lanes[stream]!.failures = 0
        }
    }

    /// Adds a sealed segment of so many bytes behind the others of its stream.
    package mutating func add(to stream: StreamName, bytes: Int64 = 0) -> Ticket {
        let ticket = nextTicket
        nextTicket += 1
        segments[ticket] = (stream, bytes)
        pendingBytes += bytes
        if lanes[stream] == nil { turn.append(stream) }
        lanes[stream, default: Lane()].waiting.append(ticket)
        return ticket
    }

    /// `draining`: the bound and the order of a backlog hold.
    package mutating func next(now: MonotonicInstant, draining: Bool = false) -> Next {
        if draining, let drainNotBefore, drainNotBefore > now { return .idle(until: drainNotBefore) }
        guard lanes.values.count(where: { $0.sending != nil }) < configuration.concurrency else {
            return .idle(until: nil)
        }
        var wake: MonotonicInstant?
        for index in turn.indices {
            let stream = turn[index]
            #if SLUICE_CANARIES
                let newestFirst =
                    draining && (configuration.drainOrder == .newest) != Canary.isOn(.drainOtherOrder)
            #else
                let newestFirst = draining && configuration.drainOrder == .newest
            #endif
            guard var lane = lanes[stream], !lane.stopped, lane.sending == nil,
                let ticket = newestFirst ? lane.waiting.last : lane.waiting.first
            else { continue }
            if let notBefore = lane.notBefore, notBefore > now {
                wake = wake.map { min($0, notBefore) } ?? notBefore
                continue
            }
            #if SLUICE_CANARIES
                if Canary.isOn(.drainLosesSegment), newestFirst, lane.waiting.count > 1 { lane.waiting.removeFirst() }
            #endif
            if newestFirst { lane.waiting.removeLast() } else { lane.waiting.removeFirst() }
            if draining { spend(segments[ticket]!.bytes, now) }
            lane.sending = ticket
            lanes[stream] = lane
            turn.append(turn.remove(at: index))
            return .send(ticket)
        }
        return .idle(until: wake)
    }

    private mutating func spend(_ bytes: Int64, _ now: MonotonicInstant) {
        guard let rate = configuration.drainBytesPerSecond, rate > 0 else { return }
        #if SLUICE_CANARIES
            if Canary.isOn(.drainUnbounded) { return }
        #endif
        drainNotBefore = now + .seconds(Double(bytes) / Double(rate))
    }

    /// Takes the outcome of a ticket that ``next(now:)`` sent. `jitter` is from 0 to 1.
    package mutating func finished(
        _ ticket: Ticket, _ outcome: LandingOutcome, now: MonotonicInstant, jitter: Double
    ) -> Verdict {
        guard let (stream, bytes) = segments[ticket], var lane = lanes[stream], lane.sending == ticket else {
            preconditionFailure("an outcome for a segment that was not on its way")
        }
        defer { lanes[stream] = lane }
        lane.sending = nil
        switch outcome {
        case .landed:
            segments[ticket] = nil
            pendingBytes -= bytes
            lane.failures = 0
            lane.notBefore = nil
            return .landed
        case .different:
            lane.putBack(ticket)
            lane.stopped = true
            return .stopped
        case .failed(.corrupt, _):
            segments[ticket] = nil
            pendingBytes -= bytes
            // One is the disk's fault; several in a row may be the fault of something on the way.
            let pause = pause(after: &lane, jitter: jitter)
            if lane.failures > 1 { lane.notBefore = now + pause }
            return .damaged
        case .failed(_, let retryAfter):
            lane.putBack(ticket)
            let pause = max(pause(after: &lane, jitter: jitter), retryAfter ?? .zero)
            lane.notBefore = now + pause
            return .retry(after: pause)
        }
    }

    private func pause(after lane: inout Lane, jitter: Double) -> Duration {
        defer { lane.failures += 1 }
        return min(configuration.retryMin * (1 << min(lane.failures, 20)), configuration.retryMax) * (0.5 + jitter / 2)
    }
}

/// What became of one try to land a segment, as the schedule sees it.
package enum LandingOutcome: Equatable, Sendable {
    case landed
    case different
    /// `kind`: `nil` when another create of the same name is under way.
    case failed(StoreFailure.Kind?, retryAfter: Duration?)
}
