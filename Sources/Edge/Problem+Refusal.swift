import Gateway
import Model

extension Problem {
    /// The problem that stands for a refusal of the gateway.
    init(_ refusal: Refusal) {
        switch refusal {
        case .unknownStream:
            self.init(DoorFault.unknownStream)
        case .emptyBody:
            self.init(type: .emptyBody, detail: "Send at least one event.")
        case .malformedEncoding(let detail):
            self.init(type: .malformedEncoding, detail: detail)
        case .windowTooLarge(let limit):
            self.init(
                type: .windowTooLarge,
                detail:
                    "A zstd body may use a window of at most \(limit) bytes; compress at a lower level, without --long.",
                extensions: [.number("limit_bytes", limit)])
        case .decodedTooLarge(let limit):
            self.init(
                type: .decodedTooLarge, detail: "The body may decode to at most \(limit) bytes; split the batch.",
                extensions: [.number("limit_bytes", limit)])
        case .expansionTooHigh(let limit):
            self.init(
                type: .expansionTooHigh, detail: "The body may decode to at most \(limit) times its size.",
                extensions: [.number("limit_ratio", limit)])
        case .tooManyEvents(let limit):
            self.init(
                type: .tooManyEvents, detail: "Send at most \(limit) events in one batch; split it.",
                extensions: [.number("limit_events", limit)])
        case .malformedDocument(let reason, let detail):
            self.init(type: .malformedDocument, detail: detail, extensions: [.text("reason", reason.code)])
        case .invalidEvents(let received, let rejected):
            self.init(
                type: .invalidEvents,
                detail: "\(rejected.count) of \(received) events are invalid; this stream takes all or none.",
                extensions: [.number("received", received), .rejected(rejected)])
        case .keyReused(let batchKey):
            self.init(
                type: .keyReused,
                detail: "A batch with this key and another body was taken before; nothing was stored.",
                extensions: [.text("batch_key", batchKey)])
        case .journalFull(let retryAfter):
            self.init(
                type: .journalFull, detail: "The journal has no room; nothing is promised. Retry with the same key.",
                retryAfter: retryAfter)
        case .journalFailed(let detail, let retryAfter):
            self.init(type: .journalFailed, detail: detail, retryAfter: retryAfter)
        case .landingUnavailable(let detail, let retryAfter):
            self.init(type: .landingUnavailable, detail: detail, retryAfter: retryAfter)
        case .partitioned(let zone, let detail, let retryAfter):
            self.init(
                type: .partitioned,
                detail:
                    "Landing zone \(zone) is cut off \(detail). Landing is promised again once it is back; nothing of this request was stored.",
                extensions: [.text("zone", zone.rawValue)], retryAfter: retryAfter)
        case .landingPending(let delay, let retryAfter):
            self.init(
                type: .landingPending,
                detail: "The batch is journaled here and will land; it had not yet when \(delay.words).",
                retryAfter: retryAfter)
        case .unknownBatch(let window):
            let seconds = window.components.seconds
            self.init(
                type: .unknownBatch,
                detail: "No batch with this key of yours was taken on this stream within \(seconds) seconds.",
                extensions: [.number("idempotency_window_seconds", Int(seconds))])
        case .batchInFlight(let retryAfter):
            self.init(
                type: .batchInFlight, detail: "A request with this key is being worked on; ask again.",
                retryAfter: retryAfter)
        case .overloaded(let retryAfter):
            self.init(type: .overloaded, detail: "Too much is in flight; retry later.", retryAfter: retryAfter)
        case .stopping(let retryAfter):
            self.init(type: .stopping, detail: "This gateway is stopping; retry elsewhere.", retryAfter: retryAfter)
        }
    }
}

extension LandingDelay {
    /// What it had not landed before, in a sentence.
    var words: String {
        switch self {
        case .late: "the request's deadline came"
        case .cutOff: "you asked, and the landing zone is cut off"
        case .stopping: "this gateway began to stop"
        }
    }
}
