import Gateway
import Model

/// One connection's life, decided without sockets, clocks or memory of bytes: events go in with the time, what is to
/// be done comes out as an ``Action``.
///
/// One request at a time: while it waits for room, is processed or answered, ``wantsInput`` is false, and the shell
/// neither reads from the socket nor feeds parts that are already parsed. So answers keep the order of requests.
struct RequestStateMachine {
    enum Action {
        case none
        /// Ask the gateway for room; answer with ``granted(now:)``.
        case admit(bytes: Int)
        /// Make a body of this capacity, and send `100 Continue` first if asked.
        case readBody(capacity: Int, sendContinue: Bool)
        /// Add the part to the body.
        case append
        /// Hand the body over; answer with ``answered(_:now:)``.
        case submit(EventsRequest)
        /// Ask for a receipt; answer with ``answered(_:now:)``.
        case lookUp(ReceiptQuery)
        /// Write and flush; answer with ``flushed(now:)``.
        case answer(Response, RequestFacts, keepAlive: Bool)
        /// The connection is ready for the next request.
        case next
        /// End the output, drop what still comes in, close at the peer's end or at the deadline.
        case linger
        /// Close at once.
        case close
    }

    private struct Exchange {
        var request: EventsRequest
        var facts: RequestFacts
    }

    private struct Answer {
        var facts: RequestFacts
        var keepAlive: Bool
        var since: MonotonicInstant
        var isFlushed = false
        /// The request's last part was seen.
        var isEnded: Bool
        /// The request's last part will come, and is waited for.
        var awaitsEnd: Bool
    }

    private enum Phase {
        case idle(since: MonotonicInstant)
        case head(since: MonotonicInstant, bytes: Int)
        case admission(Exchange, since: MonotonicInstant)
        case body(Exchange, since: MonotonicInstant, received: Int)
        case processing(Exchange)
        /// A request without a body to wait for is being worked on; its end is not fed yet.
        case lookingUp(RequestFacts)
        case answering(Answer)
        case lingering(since: MonotonicInstant, bytes: Int)
        case closed
    }

    private let limits: EdgeLimits
    private var phase: Phase
    private var isStopping = false
    private var isInputClosed = false

    /// A connection accepted `now`; its first head is due at once.
    init(limits: EdgeLimits, now: MonotonicInstant) {
        self.limits = limits
        phase = .head(since: now, bytes: 0)
    }

    /// Whether parts of requests may be fed, and the socket read.
    var wantsInput: Bool {
        switch phase {
        case .idle, .head, .body: true
        case .answering(let answer): answer.awaitsEnd && !answer.isEnded
        case .admission, .processing, .lookingUp, .lingering, .closed: false
        }
    }

    var isAwaitingAdmission: Bool { if case .admission = phase { true } else { false } }
    var isProcessing: Bool {
        switch phase {
        case .processing, .lookingUp: true
        default: false
        }
    }
    var isAnswering: Bool { if case .answering = phase { true } else { false } }
    /// Whether the body being processed came in chunks, so that its size was not known before.
    var isChunked: Bool {
        if case .processing(let exchange) = phase { exchange.facts.framing == .chunked } else { false }
    }
    var isLingering: Bool { if case .lingering = phase { true } else { false } }

    /// Bytes of the body still to come, at most; `nil` outside a body.
    var bodyRemaining: Int? {
        guard case .body(let exchange, _, let received) = phase else { return nil }
        if case .length(let length) = exchange.facts.framing { return length - received }
        return exchange.request.maxBodyBytes - received
    }

    /// When ``expired(now:)`` is due; `nil` while nothing is waited for here.
    var deadline: MonotonicInstant? {
        switch phase {
        case .idle(let since): since + limits.keepAliveIdle
        case .head(let since, _): since + limits.headDeadline
        case .admission(_, let since): since + limits.admissionWait
        case .body(_, let since, let received):
            since
                + min(
                    limits.bodyDeadline,
                    max(limits.bodyGrace, .milliseconds(received * 1000 / max(1, limits.bodyBytesPerSecond))))
        case .answering(let answer): answer.since + limits.writeStall
        case .lingering(let since, _): since + limits.lingerTime
        case .processing, .lookingUp, .closed: nil
        }
    }
}

// MARK: - Events

extension RequestStateMachine {
    /// Bytes came in, not yet parsed.
    mutating func received(bytes: Int, now: MonotonicInstant) -> Action {
        switch phase {
        case .idle: phase = .head(since: now, bytes: bytes)
        case .head(let since, let before): phase = .head(since: since, bytes: before + bytes)
        case .lingering(let since, let before):
            guard before + bytes <= limits.lingerBytes else { return close() }
            phase = .lingering(since: since, bytes: before + bytes)
        case .admission, .body, .processing, .lookingUp, .answering, .closed: break
        }
        return .none
    }

    /// The bytes were parsed; a head that is still unfinished may not grow forever on separators and padding.
    mutating func parsed(now: MonotonicInstant) -> Action {
        guard case .head(_, let bytes) = phase, bytes > 2 * limits.headBytes else { return .none }
        return fault(.headTooLarge(limitBytes: limits.headBytes, limitFields: limits.headerCount), now: now)
    }

    /// A head was parsed and inspected. `render` makes a page.
    mutating func head(
        _ facts: RequestFacts, _ verdict: RequestVerdict, now: MonotonicInstant, render: (HealthPage) -> Response
    ) -> Action {
        switch verdict {
        case .page(let page): return answerEarly(render(page), facts, losesFraming: false, now: now)
        case .fault(let fault):
            return answerEarly(Problem(fault).response, facts, losesFraming: fault.losesFraming, now: now)
        case .receipt(let query):
            phase = .lookingUp(facts)
            return .lookUp(query)
        case .events(let request):
            phase = .admission(Exchange(request: request, facts: facts), since: now)
            if case .length(let length) = facts.framing { return .admit(bytes: length) }
            return .admit(bytes: request.maxBodyBytes)
        }
    }

    /// Room was granted. Only while ``isAwaitingAdmission``.
    mutating func granted(now: MonotonicInstant) -> Action {
        guard case .admission(let exchange, _) = phase else { preconditionFailure("granted twice") }
        phase = .body(exchange, since: now, received: 0)
        var capacity = min(64 << 10, exchange.request.maxBodyBytes)
        if case .length(let length) = exchange.facts.framing { capacity = length }
        return .readBody(capacity: capacity, sendContinue: exchange.facts.expectsContinue)
    }

    /// A part of a body was parsed.
    mutating func body(bytes: Int, now: MonotonicInstant) -> Action {
        guard case .body(let exchange, let since, let received) = phase else { return .none }
        let limit = exchange.request.maxBodyBytes
        guard received + bytes <= limit else {
            return answerEarly(
                Problem(.bodyTooLarge(limitBytes: limit)).response, exchange.facts, losesFraming: true, now: now)
        }
        phase = .body(exchange, since: since, received: received + bytes)
        return .append
    }

    /// The end of a request was parsed.
    mutating func end(now: MonotonicInstant) -> Action {
        switch phase {
        case .body(let exchange, _, _):
            phase = .processing(exchange)
            return .submit(exchange.request)
        case .answering(var answer):
            answer.isEnded = true
            phase = .answering(answer)
            return settle(answer, now: now)
        default: return .none
        }
    }

    /// The gateway answered. Only while ``isProcessing``.
    mutating func answered(_ response: Response, now: MonotonicInstant) -> Action {
        if case .lookingUp(let facts) = phase { return answerEarly(response, facts, losesFraming: false, now: now) }
        guard case .processing(let exchange) = phase else { preconditionFailure("answered twice") }
        let keepAlive = exchange.facts.keepAlive && !isStopping && !isInputClosed
        phase = .answering(
            Answer(facts: exchange.facts, keepAlive: keepAlive, since: now, isEnded: true, awaitsEnd: false))
        return .answer(response, exchange.facts, keepAlive: keepAlive)
    }

    /// The answer left for the kernel.
    mutating func flushed(now: MonotonicInstant) -> Action {
        guard case .answering(var answer) = phase else { return .none }
        answer.isFlushed = true
        phase = .answering(answer)
        return settle(answer, now: now)
    }

    /// The bytes that came are no request, or break the rules of one.
    mutating func fault(_ fault: DoorFault, now: MonotonicInstant) -> Action {
        switch phase {
        case .idle, .head:
            return answerEarly(Problem(fault).response, RequestFacts(), losesFraming: true, now: now)
        case .admission(let exchange, _), .body(let exchange, _, _):
            return answerEarly(Problem(fault).response, exchange.facts, losesFraming: true, now: now)
        case .answering(var answer):
            answer.keepAlive = false
            answer.awaitsEnd = false
            phase = .answering(answer)
            return settle(answer, now: now)
        case .processing, .lookingUp, .lingering, .closed: return .none
        }
    }

    /// The peer will send no more, and what it sent was parsed up to here.
    mutating func inputClosed() -> Action {
        isInputClosed = true
        switch phase {
        case .idle, .head, .admission, .body, .lingering: return close()
        case .answering(let answer) where !answer.isEnded: return close()
        case .processing, .lookingUp, .answering, .closed: return .none
        }
    }

    /// The server is stopping: what has begun may end, nothing else begins.
    mutating func stop() -> Action {
        isStopping = true
        switch phase {
        case .idle, .head(_, 0): return close()
        default: return .none
        }
    }

    /// ``deadline`` has come.
    mutating func expired(now: MonotonicInstant) -> Action {
        guard let deadline, now >= deadline else { return .none }
        switch phase {
        case .idle, .head(_, 0), .answering, .lingering: return close()
        case .head: return fault(.requestTimeout(part: "head"), now: now)
        case .admission(let exchange, _):
            return answerEarly(Problem(.admissionTimeout).response, exchange.facts, losesFraming: false, now: now)
        case .body: return fault(.requestTimeout(part: "body"), now: now)
        case .processing, .lookingUp, .closed: return .none
        }
    }

    /// The connection is gone.
    mutating func closed() { phase = .closed }

    /// Answers a request whose body was not read. A small body is read and dropped; for any other the connection ends.
    private mutating func answerEarly(
        _ response: Response, _ facts: RequestFacts, losesFraming: Bool, now: MonotonicInstant
    ) -> Action {
        var isShort = false
        var isEmpty = false
        switch facts.framing {
        case .none, .length(0): isEmpty = true
        case .length(let length): isShort = length <= limits.discardBytes && !facts.expectsContinue
        case .chunked: break
        }
        let keepAlive = facts.keepAlive && (isEmpty || isShort) && !losesFraming && !isStopping && !isInputClosed
        phase = .answering(
            Answer(
                facts: facts, keepAlive: keepAlive, since: now, isEnded: false,
                awaitsEnd: keepAlive || isEmpty && !losesFraming))
        return .answer(response, facts, keepAlive: keepAlive)
    }

    private mutating func settle(_ answer: Answer, now: MonotonicInstant) -> Action {
        guard answer.isFlushed, answer.isEnded || !answer.awaitsEnd else { return .none }
        if answer.keepAlive, !isStopping, !isInputClosed {
            phase = .idle(since: now)
            return .next
        }
        if answer.isEnded || isInputClosed { return close() }
        phase = .lingering(since: now, bytes: 0)
        return .linger
    }

    private mutating func close() -> Action {
        phase = .closed
        return .close
    }
}
