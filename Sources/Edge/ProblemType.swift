/// Every kind of problem the data plane answers with. The one place where they are declared; `docs/problems.md` is
/// checked against it. Slugs are stable: clients match on them.
package enum ProblemType: String, Sendable, CaseIterable {
    case malformedRequest = "malformed-request"
    case unsupportedVersion = "unsupported-version"
    case headTooLarge = "head-too-large"
    case targetTooLong = "target-too-long"
    case requestTimeout = "request-timeout"
    case lengthRequired = "length-required"
    case bodyTooLarge = "body-too-large"
    case unauthorized
    case streamNotAllowed = "stream-not-allowed"
    case quotaExceeded = "quota-exceeded"
    case notFound = "not-found"
    case unknownStream = "unknown-stream"
    case methodNotAllowed = "method-not-allowed"
    case unsupportedMediaType = "unsupported-media-type"
    case unsupportedEncoding = "unsupported-encoding"
    case invalidIdempotencyKey = "invalid-idempotency-key"
    case invalidConsistency = "invalid-consistency"
    case unknownBatch = "unknown-batch"
    case batchInFlight = "batch-in-flight"
    case expectationFailed = "expectation-failed"
    case tooManyConnections = "too-many-connections"
    case emptyBody = "empty-body"
    case malformedEncoding = "malformed-encoding"
    case windowTooLarge = "window-too-large"
    case decodedTooLarge = "decoded-too-large"
    case expansionTooHigh = "expansion-too-high"
    case tooManyEvents = "too-many-events"
    case malformedDocument = "malformed-document"
    case invalidEvents = "invalid-events"
    case keyReused = "key-reused"
    case journalFull = "journal-full"
    case journalFailed = "journal-failed"
    case landingUnavailable = "landing-unavailable"
    case partitioned
    case landingPending = "landing-pending"
    case overloaded
    case stopping

    /// The stable last part of ``uri``.
    package var slug: String { rawValue }
    /// The `type` member (RFC 9457, 3.1.1).
    package var uri: String { "urn:sluice:problem:" + rawValue }

    /// The HTTP status it is sent with.
    package var status: Int {
        switch self {
        case .malformedRequest, .invalidIdempotencyKey, .invalidConsistency, .emptyBody, .malformedEncoding,
            .malformedDocument:
            400
        case .unauthorized: 401
        case .streamNotAllowed: 403
        case .notFound, .unknownStream, .unknownBatch: 404
        case .methodNotAllowed: 405
        case .requestTimeout: 408
        case .batchInFlight: 409
        case .lengthRequired: 411
        case .bodyTooLarge, .windowTooLarge, .decodedTooLarge, .expansionTooHigh, .tooManyEvents: 413
        case .targetTooLong: 414
        case .unsupportedMediaType, .unsupportedEncoding: 415
        case .expectationFailed: 417
        case .invalidEvents, .keyReused: 422
        case .quotaExceeded: 429
        case .headTooLarge: 431
        case .tooManyConnections, .journalFull, .journalFailed, .landingUnavailable, .partitioned, .landingPending,
            .overloaded, .stopping:
            503
        case .unsupportedVersion: 505
        }
    }

    /// The `title` member: the same for every occurrence.
    package var title: String {
        switch self {
        case .malformedRequest: "The request is not well-formed HTTP"
        case .unsupportedVersion: "This HTTP version is not spoken here"
        case .headTooLarge: "The request head is too large"
        case .targetTooLong: "The request target is too long"
        case .requestTimeout: "The request took too long to arrive"
        case .lengthRequired: "The body needs a Content-Length or chunked coding"
        case .bodyTooLarge: "The body is too large"
        case .unauthorized: "A valid key is needed"
        case .streamNotAllowed: "The key does not cover this stream"
        case .quotaExceeded: "The quota is spent"
        case .notFound: "There is nothing here"
        case .unknownStream: "There is no such stream"
        case .methodNotAllowed: "The method is not allowed here"
        case .unsupportedMediaType: "The Content-Type is not supported"
        case .unsupportedEncoding: "The Content-Encoding is not supported"
        case .invalidIdempotencyKey: "The Idempotency-Key is not valid"
        case .invalidConsistency: "The Sluice-Consistency is not one that this stream offers"
        case .unknownBatch: "There is no such batch"
        case .batchInFlight: "The batch is being worked on"
        case .expectationFailed: "The expectation cannot be met"
        case .tooManyConnections: "There are too many connections"
        case .emptyBody: "The body has no events"
        case .malformedEncoding: "The body does not decode"
        case .windowTooLarge: "The zstd window is too large"
        case .decodedTooLarge: "The decoded body is too large"
        case .expansionTooHigh: "The body expands too much"
        case .tooManyEvents: "The batch has too many events"
        case .malformedDocument: "The body is not a document of its stated type"
        case .invalidEvents: "The batch has invalid events"
        case .keyReused: "The Idempotency-Key was used for another body"
        case .journalFull: "The journal is full"
        case .journalFailed: "The journal could not be written"
        case .landingUnavailable: "The landing zone cannot be reached"
        case .partitioned: "The landing zone is cut off"
        case .landingPending: "The batch is journaled and has not landed yet"
        case .overloaded: "The gateway is overloaded"
        case .stopping: "The gateway is stopping"
        }
    }
}
