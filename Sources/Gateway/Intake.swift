package import Model

/// What the door asks of the gateway. The completion is called once, on any thread.
package protocol Intake: Sendable {
    /// The stream's door rules; `nil` when there is no such stream, or it is internal.
    func stream(named name: StreamName) -> StreamDoor?
    /// Asks for room for a body of `bytes` before it is read. `granted` is called at once or later, on any thread,
    /// when bytes in flight allow; until then the door must not read. Release with ``AdmissionTicket/release()``.
    func admit(bytes: Int, granted: @escaping @Sendable (any AdmissionTicket) -> Void) -> any AdmissionRequest
    /// Takes a whole body. When the completion says ``BatchOutcome/receipt``, what the receipt states is true and durable.
    func submit(_ request: BatchRequest, completion: @escaping @Sendable (BatchOutcome) -> Void)
    /// Says what is true now of a batch that was sent before. The receipt is the first one again, with its durability and
    /// object as they are now.
    func receipt(_ request: ReceiptRequest, completion: @escaping @Sendable (BatchOutcome) -> Void)
    /// Whether every part is up: recovered, journal writable, not stopping.
    func readiness() -> Readiness
}

/// A request for room that can be given up (the connection closed while waiting).
package protocol AdmissionRequest: Sendable {
    func cancel()
}

/// Room for a body in flight.
package protocol AdmissionTicket: Sendable {
    /// Gives the room back; further calls do nothing.
    func release()
}

/// The limits of one stream that the door checks before it reads a body.
package struct StreamDoor: Sendable {
    /// Bytes on the wire (after transfer coding, before content decoding).
    package var maxBodyBytes: Int
    /// The stream's mode; a request may ask for more, never for less.
    package var consistency: Consistency

    package init(maxBodyBytes: Int, consistency: Consistency = .available) {
        self.maxBodyBytes = maxBodyBytes
        self.consistency = consistency
    }
}

package struct BatchRequest: Sendable {
    package var stream: StreamName
    /// Who sent it: the name its key was made for; `anonymous` where no key is needed.
    package var producer: String
    /// The `Idempotency-Key`, already parsed and checked: 1 to 255 printable ASCII characters.
    package var idempotencyKey: String?
    package var format: InputFormat
    package var coding: ContentCoding
    package var body: BodyBuffer
    /// When the head arrived.
    package var receivedAt: Timestamp
    /// After this moment the producer no longer waits.
    package var deadline: MonotonicInstant
    /// `strong` on an available stream: answered only once the batch has landed. Default `available`.
    package var consistency: Consistency
    /// Called at most once, on any thread, when the body is no longer needed and the outcome may be long in coming.
    package var bodyDone: @Sendable () -> Void

    package init(
        stream: StreamName, producer: String, idempotencyKey: String?, format: InputFormat, coding: ContentCoding,
        body: BodyBuffer, receivedAt: Timestamp, deadline: MonotonicInstant, consistency: Consistency = .available,
        bodyDone: @escaping @Sendable () -> Void = {}
    ) {
        self.stream = stream
        self.producer = producer
        self.idempotencyKey = idempotencyKey
        self.format = format
        self.coding = coding
        self.body = body
        self.receivedAt = receivedAt
        self.deadline = deadline
        self.consistency = consistency
        self.bodyDone = bodyDone
    }
}

/// A question for the receipt of a batch.
package struct ReceiptRequest: Sendable, Equatable {
    package var stream: StreamName
    /// Who asks: keys of other producers are not found.
    package var producer: String
    /// As the receipt states it: 1 to 255 printable ASCII characters.
    package var batchKey: String
    /// After this moment nobody waits any more; only strong streams, which ask the landing zone, may need as long.
    package var deadline: MonotonicInstant

    package init(stream: StreamName, producer: String, batchKey: String, deadline: MonotonicInstant) {
        self.stream = stream
        self.producer = producer
        self.batchKey = batchKey
        self.deadline = deadline
    }
}

package enum BatchOutcome: Sendable {
    /// 202 when journaled, 201 when landed, 200 when replayed.
    case receipt(Receipt)
    case refused(Refusal)
}

package enum Durability: String, Sendable {
    /// On this gateway's stable storage.
    case journaled
    /// In the landing zone.
    case landed
}

/// The body of every 200, 201 and 202.
package struct Receipt: Sendable {
    package struct SequencePosition: Sendable, Equatable {
        package var gateway: GatewayName
        package var incarnation: Incarnation
        package var range: SequenceRange

        package init(gateway: GatewayName, incarnation: Incarnation, range: SequenceRange) {
            self.gateway = gateway
            self.incarnation = incarnation
            self.range = range
        }
    }
    package struct Rejection: Sendable, Equatable {
        package var index: Int
        package var reason: RejectReason
        /// For people. Not kept over a restart: a replayed receipt may say less here.
        package var detail: String?

        package init(index: Int, reason: RejectReason, detail: String?) {
            self.index = index
            self.reason = reason
            self.detail = detail
        }
    }

    package var stream: StreamName
    package var batchKey: String
    package var durability: Durability
    package var replayed: Bool
    package var received: Int
    package var accepted: Int
    package var quarantined: Int { received - accepted }
    /// `nil` on strong streams, and when no event was accepted.
    package var sequence: SequencePosition?
    package var rejected: [Rejection]
    package var idempotencyWindow: Duration
    /// The landing object's name, once known.
    package var object: String?

    package init(
        stream: StreamName, batchKey: String, durability: Durability, replayed: Bool, received: Int, accepted: Int,
        sequence: SequencePosition?, rejected: [Rejection], idempotencyWindow: Duration, object: String?
    ) {
        self.stream = stream
        self.batchKey = batchKey
        self.durability = durability
        self.replayed = replayed
        self.received = received
        self.accepted = accepted
        self.sequence = sequence
        self.rejected = rejected
        self.idempotencyWindow = idempotencyWindow
        self.object = object
    }
}

/// Every way a batch can be refused; the door maps each to one RFC 9457 problem.
package enum Refusal: Sendable {
    case unknownStream(String)
    case emptyBody
    /// The content coding is broken: truncated or corrupt gzip or zstd, or bytes after its end.
    case malformedEncoding(detail: String)
    /// A zstd body needs a larger window than the gateway keeps.
    case windowTooLarge(limitBytes: Int)
    /// The decoded body is over the limit, or expands by more than the allowed ratio.
    case decodedTooLarge(limitBytes: Int)
    case expansionTooHigh(limitRatio: Int)
    case tooManyEvents(limit: Int)
    /// The body as a whole is no JSON document of the stated format, so no event in it can be told apart.
    case malformedDocument(reason: RejectReason, detail: String)
    /// A strong stream takes all events or none.
    case invalidEvents(received: Int, [Receipt.Rejection])
    /// The same key with another body.
    case keyReused(batchKey: String)
    /// The journal has no room (disk or budget).
    case journalFull(retryAfter: Duration)
    /// Writing or syncing the journal failed; nothing is promised.
    case journalFailed(detail: String, retryAfter: Duration)
    /// Strong stream: the landing zone did not confirm within the deadline, or was cut off before it had.
    case landingUnavailable(detail: String, retryAfter: Duration)
    /// Strong stream: the landing zone is cut off, or held by an operator. Refused at once, and nothing of the request is kept.
    case partitioned(zone: ZoneName, detail: String, retryAfter: Duration)
    /// Available stream, asked to answer once landed: the batch is journaled and will land, but has not yet.
    case landingPending(LandingDelay, retryAfter: Duration)
    /// No batch with this key was taken within the window.
    case unknownBatch(window: Duration)
    /// A request with this key is being worked on. Of a batch: one with another body, so which of the two is taken is not decided.
    case batchInFlight(retryAfter: Duration)
    case overloaded(retryAfter: Duration)
    case stopping(retryAfter: Duration)
}

extension Refusal {
    /// How long to wait before trying again; `nil` when the same request will never be taken.
    package var retryAfter: Duration? {
        switch self {
        case .journalFull(let wait), .journalFailed(_, let wait), .landingUnavailable(_, let wait),
            .landingPending(_, let wait), .batchInFlight(let wait),
            .partitioned(_, _, let wait), .overloaded(let wait), .stopping(let wait):
            wait
        default: nil
        }
    }
}

/// Why a journaled batch is not waited for any longer.
package enum LandingDelay: Sendable, Equatable {
    /// The request's deadline came first.
    case late
    /// The landing zone is known to be cut off.
    case cutOff
    case stopping
}

package struct Readiness: Sendable {
    package struct Check: Sendable {
        package var name: String
        package var ok: Bool
        /// It works, but not as it should; producers are better served elsewhere, if there is anywhere else.
        package var isDegraded: Bool
        package var detail: String

        package init(name: String, ok: Bool, isDegraded: Bool = false, detail: String) {
            self.name = name
            self.ok = ok
            self.isDegraded = isDegraded
            self.detail = detail
        }
    }
    package var checks: [Check]
    package init(checks: [Check]) { self.checks = checks }
    package var ready: Bool { checks.allSatisfy(\.ok) }
    /// `ok`, `degraded` or `unavailable`.
    package var word: String { !ready ? "unavailable" : checks.contains(where: \.isDegraded) ? "degraded" : "ok" }
}
