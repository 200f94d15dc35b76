import Gateway
import Model
import Synchronization

/// A gateway that keeps what it is given, and answers by the body's last byte; at once, or late and in order. All on one
/// thread.
final class RecordingGateway: Intake {
    struct Taken: Equatable {
        var stream: StreamName
        var producer: String
        var key: String?
        var format: InputFormat
        var coding: ContentCoding
        var consistency: Consistency
        var body: [UInt8]
    }

    private struct State {
        var taken: [Taken] = []
        var roomOut = 0
        var nextID = 0
        var grants: [(id: Int, granted: @Sendable (any AdmissionTicket) -> Void)] = []
        var answers: [@Sendable () -> Void] = []
    }

    private struct Ticket: AdmissionTicket {
        let released: @Sendable () -> Void
        func release() { released() }
    }

    private struct Request: AdmissionRequest {
        let cancelled: @Sendable () -> Void
        func cancel() { cancelled() }
    }

    private let maxBodyBytes: Int
    private let lateRoom: Bool
    private let lateAnswers: Bool
    private let state = Mutex(State())

    init(maxBodyBytes: Int, lateRoom: Bool, lateAnswers: Bool) {
        self.maxBodyBytes = maxBodyBytes
        self.lateRoom = lateRoom
        self.lateAnswers = lateAnswers
    }

    var taken: [Taken] { state.withLock { $0.taken } }
    var roomOut: Int { state.withLock { $0.roomOut } }
    var waiting: Int { state.withLock { $0.grants.count } }

    /// Gives one room or one answer that is late; false when there is none.
    func goOn() -> Bool {
        let next: (@Sendable () -> Void)? = state.withLock { state in
            if !state.grants.isEmpty {
                let granted = state.grants.removeFirst().granted
                return { [self] in granted(ticket()) }
            }
            return state.answers.isEmpty ? nil : state.answers.removeFirst()
        }
        next?()
        return next != nil
    }

    private func ticket() -> Ticket {
        state.withLock { $0.roomOut += 1 }
        let once = Once()
        return Ticket { [self] in
            if once.first() { state.withLock { $0.roomOut -= 1 } }
        }
    }

    // MARK: Intake

    func stream(named name: StreamName) -> StreamDoor? {
        guard !name.isInternal, name.rawValue != "missing" else { return nil }
        return StreamDoor(maxBodyBytes: maxBodyBytes, consistency: name.rawValue == "s" ? .strong : .available)
    }

    func admit(bytes: Int, granted: @escaping @Sendable (any AdmissionTicket) -> Void) -> any AdmissionRequest {
        guard lateRoom else {
            granted(ticket())
            return Request {}
        }
        let id = state.withLock { state in
            state.nextID += 1
            state.grants.append((state.nextID, granted))
            return state.nextID
        }
        return Request { [self] in state.withLock { $0.grants.removeAll { $0.id == id } } }
    }

    func submit(_ request: BatchRequest, completion: @escaping @Sendable (BatchOutcome) -> Void) {
        let body = request.body.array
        let taken = Taken(
            stream: request.stream, producer: request.producer, key: request.idempotencyKey, format: request.format,
            coding: request.coding, consistency: request.consistency, body: body)
        state.withLock { $0.taken.append(taken) }
        answer { completion(RecordingGateway.outcome(request.stream, request.idempotencyKey, body.last ?? 0)) }
    }

    func receipt(_ request: ReceiptRequest, completion: @escaping @Sendable (BatchOutcome) -> Void) {
        answer {
            completion(RecordingGateway.outcome(request.stream, request.batchKey, request.batchKey.utf8.last ?? 0))
        }
    }

    func readiness() -> Readiness { Readiness(checks: [.init(name: "journal", ok: true, detail: "writable")]) }

    private func answer(_ body: @escaping @Sendable () -> Void) {
        if lateAnswers { state.withLock { $0.answers.append(body) } } else { body() }
    }

    private static func outcome(_ stream: StreamName, _ key: String?, _ choice: UInt8) -> BatchOutcome {
        let wait = Duration.milliseconds(1500)
        let refusals: [Refusal] = [
            .emptyBody, .malformedEncoding(detail: "d"), .windowTooLarge(limitBytes: 1),
            .decodedTooLarge(limitBytes: 1),
            .expansionTooHigh(limitRatio: 1), .tooManyEvents(limit: 1),
            .malformedDocument(reason: .malformedJSON, detail: "d\n\"\u{1}"),
            .invalidEvents(received: 2, [.init(index: 1, reason: .tooDeep, detail: "é")]),
            .keyReused(batchKey: key ?? "k"),
            .journalFull(retryAfter: wait), .journalFailed(detail: "d", retryAfter: wait),
            .landingUnavailable(detail: "d", retryAfter: wait),
            .partitioned(zone: .main, detail: "d", retryAfter: wait), .landingPending(.late, retryAfter: wait),
            .unknownBatch(window: wait), .batchInFlight(retryAfter: wait), .overloaded(retryAfter: wait),
            .stopping(retryAfter: wait),
        ]
        // Most bodies end in a line's end or a bracket, and are taken.
        if choice < refusals.count, choice != 10, choice != 13 { return .refused(refusals[Int(choice)]) }
        return .receipt(
            Receipt(
                stream: stream, batchKey: key ?? "derived", durability: choice & 1 == 0 ? .journaled : .landed,
                replayed: choice & 2 == 0, received: 1, accepted: 1, sequence: nil, rejected: [],
                idempotencyWindow: .seconds(86_400), object: nil))
    }
}

/// Says once that it is the first time.
private final class Once: Sendable {
    private let isFresh = Mutex(true)

    func first() -> Bool {
        isFresh.withLock { isFresh in
            defer { isFresh = false }
            return isFresh
        }
    }
}
