/// What the journal remembers of one batch, in the header of the block that carries it: enough to recognise the batch
/// again and to give its first receipt again, also after a restart.
package struct BatchEntry: Hashable, Sendable {
    /// One refused event: its index in the batch and why.
    package struct Reject: Hashable, Sendable {
        package let index: UInt32
        package let reason: RejectReason
        package init(index: UInt32, reason: RejectReason) {
            self.index = index
            self.reason = reason
        }
    }

    package var digest: BatchDigest
    package var fingerprint: PayloadFingerprint
    package var receivedAt: Timestamp
    /// Events in this stream's block; the batch had `accepted + rejects.count`.
    package var accepted: UInt32
    /// In index order; empty on strong streams and nearly always elsewhere.
    package var rejects: [Reject]

    package init(
        digest: BatchDigest, fingerprint: PayloadFingerprint, receivedAt: Timestamp, accepted: UInt32,
        rejects: [Reject] = []
    ) {
        self.digest = digest
        self.fingerprint = fingerprint
        self.receivedAt = receivedAt
        self.accepted = accepted
        self.rejects = rejects
    }
}
