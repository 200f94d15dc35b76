import Files
package import Journal

/// Why a batch did not become durable. The outcome for the producer is "not taken, or unknown": a retry is safe.
package enum WriteFailure: Error, Sendable {
    /// No room on the disk, or below the reserve: works again when space returns.
    case full
    /// The write or sync failed; the segment is closed and a new one begins with the next batch.
    case failed(String)
    case stopping

    package init(_ error: JournalError) {
        // Where the file lies is the log's business, and no producer's.
        let cause = error.underlying.map { ": \($0.errno)" } ?? ""
        self = error.isOutOfSpace ? .full : .failed(error.detail + cause)
    }
}
