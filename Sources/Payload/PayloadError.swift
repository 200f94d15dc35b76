package import Model

/// Why a body as a whole is refused.
package enum PayloadError: Error, Sendable, Equatable {
    /// It has no events.
    case empty
    /// The content coding is broken: truncated, corrupt, or bytes behind its end.
    case malformedEncoding(detail: String)
    /// A zstd frame asks its reader to keep a larger window than `limit` bytes.
    case windowTooLarge(limit: Int)
    case decodedTooLarge(limit: Int)
    case expansionTooHigh(limit: Int)
    case tooManyEvents(limit: Int)
    /// It is no JSON document of the stated format, so no event in it can be told apart.
    case malformedDocument(RejectReason, detail: String)
}
