package import Model

/// Decides which sealed segment goes to the landing zone when: a pure state machine on an injected clock.
///
/// Oldest first within a stream, streams in turn, at most `concurrency` at once, and one at a time per stream, so that
/// a stream's objects appear in order. A failure of any class keeps the segment and delays its stream by a jittered,
/// doubling pause; only different content under the segment's name stops the stream for good.
package struct LandingSchedule: Sendable {
    package typealias Ticket = UInt64

    package struct Configuration: Sendable {
        /// Segments on their way at once. Default 2.
        package var concurrency = 2
        /// Pause after a first failure. Default 200 ms.
        package var retryMin: Duration = .milliseconds(200)
        /// Longest pause. Default 30 s.
        package var retryMax: Duration = .seconds(30)
        package init() {}
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
    }

    private struct Lane {
        var waiting: [Ticket] = []
        var sending: Ticket?
        var failures = 0
        var notBefore: MonotonicInstant?
        var stopped = false
    }

    private let configuration: Configuration
    private var lanes: [StreamName: Lane] = [:]
    private var turn: [StreamName] = []
    private var nextTicket: Ticket = 0
    private var streams: [Ticket: StreamName] = [:]

    package init(_ configuration: Configuration) { self.configuration = configuration }

    /// Segments waiting or on their way.
    package var pending: Int { streams.count }
    /// Segments that can still land: those of stopped streams wait for an operator.
    package var landable: Int {
        lanes.values.reduce(0) { $0 + ($1.stopped ? 0 : $1.waiting.count + ($1.sending == nil ? 0 : 1)) }
    }
    package func isStopped(_ stream: StreamName) -> Bool { lanes[stream]?.stopped ?? false }

    /// Adds a sealed segment behind the others of its stream.
    package mutating func add(to stream: StreamName) -> Ticket {
        let ticket = nextTicket
        nextTicket += 1
        streams[ticket] = stream
        if lanes[stream] == nil { turn.append(stream) }
        lanes[stream, default: Lane()].waiting.append(ticket)
        return ticket
    }

    package mutating func next(now: MonotonicInstant) -> Next {
        guard lanes.values.count(where: { $0.sending != nil }) < configuration.concurrency else {
            return .idle(until: nil)
        }
        var wake: MonotonicInstant?
        for index in turn.indices {
            let stream = turn[index]
            guard var lane = lanes[stream], !lane.stopped, lane.sending == nil, let ticket = lane.waiting.first else {
                continue
            }
            if let notBefore = lane.notBefore, notBefore > now {
                wake = wake.map { min($0, notBefore) } ?? notBefore
                continue
            }
            lane.waiting.removeFirst()
            lane.sending = ticket
            lanes[stream] = lane
            turn.append(turn.remove(at: index))
            return .send(ticket)
        }
        return .idle(until: wake)
    }

    /// Takes the outcome of a ticket that ``next(now:)`` sent. `jitter` is from 0 to 1.
    package mutating func finished(
        _ ticket: Ticket, _ outcome: LandingOutcome, now: MonotonicInstant, jitter: Double
    ) -> Verdict {
        guard let stream = streams[ticket], var lane = lanes[stream], lane.sending == ticket else {
            preconditionFailure("an outcome for a segment that was not on its way")
        }
        defer { lanes[stream] = lane }
        lane.sending = nil
        switch outcome {
        case .landed:
            streams[ticket] = nil
            lane.failures = 0
            lane.notBefore = nil
            return .landed
        case .different:
            lane.waiting.insert(ticket, at: 0)
            lane.stopped = true
            return .stopped
        case .failed(let retryAfter):
            lane.waiting.insert(ticket, at: 0)
            let doubled = configuration.retryMin * (1 << min(lane.failures, 20))
            lane.failures += 1
            let pause = max(min(doubled, configuration.retryMax) * (0.5 + jitter / 2), retryAfter ?? .zero)
            lane.notBefore = now + pause
            return .retry(after: pause)
        }
    }
}

/// What became of one try to land a segment, as the schedule sees it.
package enum LandingOutcome: Equatable, Sendable {
    case landed
    case different
    case failed(retryAfter: Duration?)
}
