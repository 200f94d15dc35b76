import Glibc
import Model
import Synchronization

/// One connection's part of a run: a request, its answer, the next request.
struct Sender: ~Copyable {
    private let configuration: LoadConfiguration
    private let bodies: RequestBodies
    private let state: RunState
    private let index: Int
    private let start: MonotonicInstant
    private let time = SystemTime()
    private var connection: Connection?
    private var heads: [RequestHead]
    private var tally = Tally()
    private var sent: UInt64 = 0
    private var lastAnswer: MonotonicInstant?

    /// - Parameters:
    ///   - index: which connection of the run it is, from 0.
    ///   - run: differs from run to run.
    ///   - start: the intended time of a paced run's first request.
    init(
        _ configuration: LoadConfiguration, _ bodies: RequestBodies, _ state: RunState, index: Int, run: String,
        start: MonotonicInstant
    ) {
        self.configuration = configuration
        self.bodies = bodies
        self.state = state
        self.index = index
        self.start = start
        heads = (bodies.whole + [bodies.last].compactMap(\.self)).map { body in
            RequestHead(configuration, body, run: "\(run)-\(index)")
        }
    }

    /// Sends until the run's limit, or until an error ends the run. Blocks.
    consuming func run() {
        var failure: LoadError?
        do {
            while inTime, state.takeBatch() {
                // Connections start at different bodies.
                try send(
                    bodies.whole[(Int(sent) + index) % bodies.whole.count], (Int(sent) + index) % bodies.whole.count)
            }
            if let last = bodies.last, inTime, state.takeLast() { try send(last, heads.count - 1) }
        } catch {
            failure = error
        }
        state.finish(tally, at: lastAnswer, error: failure)
    }

    private var inTime: Bool {
        guard case .duration(let duration) = configuration.limit else { return true }
        return dueTime() - start < duration
    }

    /// When the next request should leave: now, or what the rate says.
    private func dueTime() -> MonotonicInstant {
        guard configuration.rate > 0 else { return time.monotonic() }
        let place = Double(sent) * Double(configuration.connections) + Double(index)
        return start + .nanoseconds(Int64(place * Double(configuration.batch) / configuration.rate * 1e9))
    }

    private mutating func send(_ body: RequestBody, _ head: Int) throws(LoadError) {
        let due = dueTime()
        if configuration.rate > 0 { Sender.sleep(until: due) }
        heads[head].setKey(sent)
        sent += 1
        tally.events += body.events
        try deliver(body, head)
        let now = time.monotonic()
        tally.latency.record(now.nanoseconds - due.nanoseconds)
        tally.acknowledged += body.events
        tally.bytes += body.lineBytes
        lastAnswer = now
        state.acknowledged.add(body.events, ordering: .relaxed)
    }

    /// Sends one batch until it is acknowledged, with the same key each time.
    private mutating func deliver(_ body: RequestBody, _ head: Int) throws(LoadError) {
        let giveUp = time.monotonic() + configuration.patience
        while let pause = try attempt(body, head, giveUp: giveUp) {
            tally.retries += 1
            state.retries.add(1, ordering: .relaxed)
            Sender.sleep(until: time.monotonic() + pause)
            if state.stopped { throw state.error ?? .resources("another connection failed") }
        }
    }

    /// Sends it once. Nil when it was acknowledged, else how long to wait before the next try.
    private mutating func attempt(
        _ body: RequestBody, _ head: Int, giveUp: MonotonicInstant
    ) throws(LoadError) -> Duration? {
        let reply: Reply
        do {
            reply = try exchange(body, head)
        } catch {
            // A gateway that was never reached is a wrong address; one that was may come back.
            guard case .connection = error, lastAnswer != nil, time.monotonic() < giveUp else { throw error }
            connection = nil
            tally.errors += 1
            return .milliseconds(200)
        }
        tally.statuses[reply.status, default: 0] += 1
        let pause: Duration
        switch reply.status {
        case 200...202: return nil
        case 429, 503: pause = .seconds(reply.retryAfter ?? 1)
        case 408, 500...599:
            tally.errors += 1
            pause = .milliseconds(200)
        default: throw .refused(status: reply.status, detail: reply.detail)
        }
        if time.monotonic() + pause > giveUp { throw .refused(status: reply.status, detail: reply.detail) }
        return pause
    }

    private mutating func exchange(_ body: RequestBody, _ head: Int) throws(LoadError) -> Reply {
        if connection == nil { connection = try Connection(configuration) }
        let reply = try connection!.exchange(heads[head], body)
        if reply.closes { connection = nil }
        return reply
    }

    private static func sleep(until instant: MonotonicInstant) {
        var wanted = timespec(
            tv_sec: Int(instant.nanoseconds / 1_000_000_000), tv_nsec: Int(instant.nanoseconds % 1_000_000_000))
        while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wanted, nil) == EINTR {}
    }
}
