/// A batch ready for a block: its envelope lines compressed as a byte-aligned raw deflate fragment that ends in a full
/// flush and is not final, so fragments of several batches concatenate into one gzip member.
package struct EncodedBatch: Sendable {
    package var entry: BatchEntry
    /// Raw deflate (RFC 1951). Empty when the batch has no accepted events.
    package var deflated: [UInt8]
    /// CRC-32 (gzip's) of the uncompressed lines.
    package var crc32: UInt32
    /// Bytes of the uncompressed lines; every line ends in `\n`.
    package var uncompressedCount: Int
    /// Earliest and latest event time in the batch, when the stream has an event-time pointer.
    package var eventTimes: ClosedRange<Timestamp>?

    package init(
        entry: BatchEntry, deflated: [UInt8], crc32: UInt32, uncompressedCount: Int,
        eventTimes: ClosedRange<Timestamp>?
    ) {
        self.entry = entry
        self.deflated = deflated
        self.crc32 = crc32
        self.uncompressedCount = uncompressedCount
        self.eventTimes = eventTimes
    }
}
