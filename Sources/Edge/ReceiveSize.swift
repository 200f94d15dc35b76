/// How much one readiness of the socket may bring in.
///
/// Between requests one small read: what a peer pipelines behind its head is not yet admitted. Inside an admitted body
/// large reads, but never more in total than the body still needs, so that read-ahead stays within one small buffer.
struct ReceiveSize: Equatable {
    static let smallest = 16 << 10
    static let largest = 256 << 10
    static let mostReads = 16

    var bytes: Int
    var reads: Int

    static let head = ReceiveSize(bytes: smallest, reads: 1)

    init(bytes: Int, reads: Int) {
        self.bytes = bytes
        self.reads = reads
    }

    /// For the rest of a body; `nil` between requests.
    init(bodyRemaining: Int?) {
        guard let rest = bodyRemaining, rest > ReceiveSize.smallest else {
            self = .head
            return
        }
        guard rest < ReceiveSize.largest else {
            self.init(bytes: ReceiveSize.largest, reads: min(ReceiveSize.mostReads, rest / ReceiveSize.largest))
            return
        }
        // Powers of two, so that the setting seldom changes.
        self.init(bytes: 1 << (Int.bitWidth - 1 - rest.leadingZeroBitCount), reads: 1)
    }
}
