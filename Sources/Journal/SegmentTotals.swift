package import Model
package import Payload
package import SystemPackage

/// What the blocks of a segment, so far, add up to; the running hash included.
package struct SegmentTotals: Sendable {
    package private(set) var range: SequenceRange
    package private(set) var length: Int64 = 0
    package private(set) var batches = 0
    package private(set) var uncompressed: Int64 = 0
    package private(set) var received: ClosedRange<Timestamp>
    /// The earliest arrival in the first block: it names the object.
    package let firstArrival: Timestamp
    package private(set) var eventTimes: ClosedRange<Timestamp>?
    private var hash = SHA256()

    package init(first header: BlockHeader) {
        range = SequenceRange(first: header.firstSequence, count: 0)
        received = header.received
        firstArrival = header.received.lowerBound
    }

    /// Adds the next block. Only blocks that are on stable storage are added.
    package mutating func add(_ header: BlockHeader, _ bytes: UnsafeRawBufferPointer) {
        range = SequenceRange(first: range.first, count: range.count + UInt64(header.eventCount))
        length += Int64(bytes.count)
        batches += header.entries.count
        uncompressed += Int64(header.uncompressedCount)
        received =
            min(received.lowerBound, header.received.lowerBound)...max(received.upperBound, header.received.upperBound)
        if let times = header.eventTimes {
            eventTimes =
                eventTimes.map { min($0.lowerBound, times.lowerBound)...max($0.upperBound, times.upperBound) } ?? times
        }
        hash.update(bytes)
    }

    package var sha256: [UInt8] { hash.finish() }

    /// The segment as sealed. `identity`: any block's header.
    package func sealed(path: FilePath, ordinal: UInt64, identity: BlockHeader) -> SealedSegment {
        SealedSegment(
            path: path,
            objectName: SealedSegment.objectName(
                identity.stream, identity.gateway, identity.incarnation, range, firstArrival: firstArrival),
            length: length, sha256: sha256, gateway: identity.gateway, incarnation: identity.incarnation,
            ordinal: ordinal, range: range, batches: batches, uncompressed: uncompressed, received: received,
            eventTimes: eventTimes)
    }
}
