internal import CZlib
package import Model

/// A block as it goes to disk: one gzip member (RFC 1952).
package struct BlockBuilder: Sendable {
    /// Uncompressed bytes of one block, at most.
    package static let maxUncompressedBytes = 64 << 20

    package let header: BlockHeader
    /// Fixed gzip head and FEXTRA.
    private let head: [UInt8]
    private let batches: [EncodedBatch]
    /// Final empty deflate block, CRC-32, ISIZE.
    private let tail: [UInt8]
    /// CRC-32C of the payload: the next block's chain.
    package let payloadChecksum: UInt32

    /// The bytes of the whole member.
    package var count: Int { head.count + Int(header.compressedCount) - 2 + tail.count }

    package init(
        _ batches: [EncodedBatch], gateway: GatewayName, incarnation: Incarnation, stream: StreamName,
        firstSequence: UInt64, chain: UInt32, isKeyed: Bool = false
    ) {
        precondition(!batches.isEmpty)
        var crc: UInt = 0
        var uncompressed = 0
        var compressed = 2
        var events = 0
        var times: ClosedRange<Timestamp>?
        for batch in batches {
            crc = crc32_combine(crc, UInt(batch.crc32), batch.uncompressedCount)
            uncompressed += batch.uncompressedCount
            compressed += batch.deflated.count
            events += Int(batch.entry.accepted)
            if let range = batch.eventTimes {
                times =
                    times.map { min($0.lowerBound, range.lowerBound)...max($0.upperBound, range.upperBound) } ?? range
            }
        }
        let received = batches.map(\.entry.receivedAt)
        header = BlockHeader(
            isKeyed: isKeyed, gateway: gateway, incarnation: incarnation, stream: stream,
            firstSequence: firstSequence, eventCount: UInt32(events), uncompressedCount: UInt32(uncompressed),
            compressedCount: UInt32(compressed), received: received.min()!...received.max()!, eventTimes: times,
            chain: chain, entries: batches.map(\.entry))
        var tail = ByteWriter(capacity: 10)
        tail.add(UInt16(0x0003))
        tail.add(UInt32(truncatingIfNeeded: crc))
        tail.add(UInt32(uncompressed))
        let trailer = tail.bytes
        let payload = header.encoded { checksum in
            for batch in batches { batch.deflated.withUnsafeBytes { checksum.update($0) } }
            trailer.withUnsafeBytes { checksum.update($0) }
        }
        precondition(payload.count <= BlockHeader.maxPayloadBytes, "a block with too many batches")
        payloadChecksum = payload.withUnsafeBytes { CRC32C.of($0) }
        var head = ByteWriter(capacity: 16 + payload.count)
        // ID1 ID2 CM=deflate FLG=FEXTRA, MTIME 0, XFL 0, OS unknown.
        head.add(UInt32(0x0408_8B1F))
        head.add(UInt32(0))
        head.add(UInt16(0xFF00))
        head.add(UInt16(payload.count + 4))
        head.add(UInt16(0x4C53))  // "SL"
        head.add(UInt16(payload.count))
        self.head = head.bytes + payload
        self.batches = batches
        self.tail = trailer
    }

    /// The whole member, ready to be written in one piece.
    package func bytes() -> [UInt8] {
        var all: [UInt8] = []
        all.reserveCapacity(count)
        all += head
        for batch in batches { all += batch.deflated }
        all += tail
        return all
    }

    /// The bytes of a strong stream's object: one batch, one block.
    package static func keyedObject(
        _ batch: EncodedBatch, gateway: GatewayName, incarnation: Incarnation, stream: StreamName
    ) -> [UInt8] {
        BlockBuilder(
            [batch], gateway: gateway, incarnation: incarnation, stream: stream, firstSequence: 0, chain: 0,
            isKeyed: true
        ).bytes()
    }
}
