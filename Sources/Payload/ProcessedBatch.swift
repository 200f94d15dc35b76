package import Model

/// What became of a batch's events.
package struct ProcessedBatch: Sendable {
    package var received: Int
    /// The accepted events, ready for a block.
    package var batch: EncodedBatch
    package var rejects: [RejectedEvent]
}

/// An event that was not accepted, and why.
package struct RejectedEvent: Sendable, Equatable {
    package var index: Int
    package var reason: RejectReason
    /// For people.
    package var detail: String
    /// Where its bytes are in the decoded body.
    package var range: Range<Int>
}
