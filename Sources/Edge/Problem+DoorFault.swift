import Access

extension Problem {
    /// The problem that stands for a fault of the door.
    init(_ fault: DoorFault) {
        switch fault {
        case .malformedRequest(let detail):
            self.init(type: .malformedRequest, detail: detail)
        case .unsupportedVersion:
            self.init(type: .unsupportedVersion, detail: "Use HTTP/1.1 or HTTP/1.0.")
        case .headTooLarge(let bytes, let fields):
            self.init(
                type: .headTooLarge, detail: "Send at most \(bytes) bytes of head and \(fields) header fields.",
                extensions: [.number("limit_bytes", bytes), .number("limit_fields", fields)])
        case .targetTooLong(let limit):
            self.init(
                type: .targetTooLong, detail: "Send a target of at most \(limit) bytes.",
                extensions: [.number("limit_bytes", limit)])
        case .requestTimeout(let part):
            self.init(type: .requestTimeout, detail: "The \(part) did not arrive in time.")
        case .lengthRequired:
            self.init(type: .lengthRequired, detail: "Send Content-Length, or Transfer-Encoding: chunked.")
        case .bodyTooLarge(let limit):
            self.init(
                type: .bodyTooLarge, detail: "Send at most \(limit) bytes in one body; split the batch.",
                extensions: [.number("limit_bytes", limit)])
        case .unauthorized:
            self.init(
                type: .unauthorized, detail: "Send Authorization: Bearer with a valid key of a producer.",
                headers: [(name: "WWW-Authenticate", value: "Bearer realm=\"sluice\"")])
        case .streamNotAllowed:
            self.init(type: .streamNotAllowed, detail: "The key is valid, and does not cover this stream.")
        case .quotaExceeded(let standing, let retryAfter):
            let spent = standing.filter { $0.left < 1 }.map(\.policy.rawValue).joined(separator: " and ")
            self.init(
                type: .quotaExceeded, detail: "The producer's quota of \(spent) is spent for now.",
                retryAfter: retryAfter, headers: RateLimitFields.headers(standing))
        case .notFound:
            self.init(
                type: .notFound,
                detail:
                    "Events go to POST /v1/streams/{stream}/events; receipts come from GET /v1/streams/{stream}/receipts/{batch_key}."
            )
        case .unknownStream:
            self.init(type: .unknownStream, detail: "The stream in the target is not one of this gateway's.")
        case .methodNotAllowed(let allow):
            self.init(
                type: .methodNotAllowed, detail: "Allowed here: \(allow).", headers: [(name: "Allow", value: allow)])
        case .unsupportedMediaType:
            self.init(
                type: .unsupportedMediaType, detail: "Send one of \(MediaType.acceptPost), in UTF-8.",
                headers: [(name: "Accept-Post", value: MediaType.acceptPost)])
        case .unsupportedEncoding:
            self.init(
                type: .unsupportedEncoding, detail: "Send one of identity, gzip, zstd, applied once.",
                headers: [(name: "Accept-Encoding", value: "gzip, zstd, identity")])
        case .invalidIdempotencyKey(let detail):
            self.init(type: .invalidIdempotencyKey, detail: detail)
        case .invalidConsistency(let detail):
            self.init(type: .invalidConsistency, detail: detail)
        case .expectationFailed:
            self.init(type: .expectationFailed, detail: "The only expectation met here is 100-continue.")
        case .tooManyConnections(let limit):
            self.init(
                type: .tooManyConnections, detail: "At most \(limit) connections are served; reuse yours.",
                extensions: [.number("limit", limit)], retryAfter: .seconds(5))
        case .admissionTimeout:
            self.init(
                type: .overloaded, detail: "No memory for the body came free in time.", retryAfter: .seconds(1))
        }
    }
}
