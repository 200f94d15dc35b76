package import Access

/// Every way the door itself refuses a request, before the gateway sees it.
package enum DoorFault: Sendable, Equatable {
    /// Bad framing or syntax. `detail` is ours, never the peer's bytes. The connection is closed.
    case malformedRequest(detail: String)
    case unsupportedVersion
    case headTooLarge(limitBytes: Int, limitFields: Int)
    case targetTooLong(limitBytes: Int)
    /// `part` is `head` or `body`.
    case requestTimeout(part: String)
    case lengthRequired
    case bodyTooLarge(limitBytes: Int)
    /// No key, or one that is not valid: which of both is not told.
    case unauthorized
    /// The producer's key does not cover the stream.
    case streamNotAllowed
    case quotaExceeded(standing: [QuotaMeter.Standing], retryAfter: Duration)
    case notFound
    case unknownStream
    /// `allow` is the value of the `Allow` header.
    case methodNotAllowed(allow: String)
    case unsupportedMediaType
    case unsupportedEncoding
    case invalidIdempotencyKey(detail: String)
    /// `Sluice-Consistency` is no mode, or less than the stream's own.
    case invalidConsistency(detail: String)
    case expectationFailed
    case tooManyConnections(limit: Int)
    /// No room for the body came free within the wait.
    case admissionTimeout

    /// Whether the bytes that follow can no longer be told apart, so that the connection must end.
    var losesFraming: Bool {
        switch self {
        case .malformedRequest, .unsupportedVersion, .headTooLarge, .requestTimeout, .tooManyConnections: true
        default: false
        }
    }
}
