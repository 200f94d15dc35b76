package import Model

/// What stands in a block's `SL` subfield (see the article on the journal's format).
package struct BlockHeader: Sendable, Equatable {
    package static let version: UInt8 = 1
    /// What a gzip FEXTRA field can hold, less its own subfield head.
    package static let maxPayloadBytes = 65_531
    /// Bytes before the deflate body, at most: fixed gzip head, XLEN, subfield head, payload.
    package static let maxEncodedBytes = 10 + 2 + 4 + maxPayloadBytes

    /// An object of a strong stream, named by its batch key: sequences mean nothing.
    package var isKeyed = false
    package var gateway: GatewayName
    package var incarnation: Incarnation
    package var stream: StreamName
    package var firstSequence: UInt64
    package var eventCount: UInt32
    package var uncompressedCount: UInt32
    /// Bytes of the deflate body, the final empty block included.
    package var compressedCount: UInt32
    package var received: ClosedRange<Timestamp>
    package var eventTimes: ClosedRange<Timestamp>?
    /// CRC-32C of the previous block's payload in this incarnation and stream; 0 in the first.
    package var chain: UInt32
    package var entries: [BatchEntry]

    package var range: SequenceRange { SequenceRange(first: firstSequence, count: UInt64(eventCount)) }

    /// The payload with its checksum over itself and the body.
    func encoded(checksumOver body: (inout CRC32C) -> Void) -> [UInt8] {
        var bytes = ByteWriter(capacity: 128 + entries.count * 48)
        bytes.add(BlockHeader.version)
        bytes.add(UInt8(isKeyed ? 1 : 0))
        bytes.add(UInt16(0))
        bytes.add(incarnation.rawValue)
        bytes.add(firstSequence)
        bytes.add(eventCount)
        bytes.add(UInt32(entries.count))
        bytes.add(uncompressedCount)
        bytes.add(compressedCount)
        bytes.add(received.lowerBound.microseconds)
        bytes.add(received.upperBound.microseconds)
        bytes.add(eventTimes?.lowerBound.microseconds ?? Int64.min)
        bytes.add(eventTimes?.upperBound.microseconds ?? Int64.min)
        bytes.add(chain)
        bytes.add(text: gateway.rawValue)
        bytes.add(text: stream.rawValue)
        for entry in entries { bytes.add(entry) }
        var checksum = CRC32C()
        bytes.bytes.withUnsafeBytes { checksum.update($0) }
        body(&checksum)
        bytes.add(checksum.value)
        return bytes.bytes
    }

    /// Bytes that one entry takes in a payload.
    package static func encodedCount(_ entry: BatchEntry) -> Int {
        var writer = ByteWriter(capacity: 64)
        writer.add(entry)
        return writer.bytes.count
    }

    /// Bytes of a payload without entries, at most.
    package static let fixedBytes = 76 + 1 + 32 + 1 + 63 + 4

    init(payload: UnsafeRawBufferPointer) throws(BlockError) {
        var reader = ByteReader(payload)
        let version = try reader.take(UInt8.self)
        guard version == BlockHeader.version else { throw .unknownVersion(version) }
        isKeyed = try reader.take(UInt8.self) & 1 == 1
        _ = try reader.take(UInt16.self)
        incarnation = Incarnation(rawValue: try reader.take(UInt64.self))
        firstSequence = try reader.take(UInt64.self)
        eventCount = try reader.take(UInt32.self)
        let count = try reader.take(UInt32.self)
        uncompressedCount = try reader.take(UInt32.self)
        compressedCount = try reader.take(UInt32.self)
        guard let received = try reader.takeTimes() else { throw .corrupt("no received-at range") }
        self.received = received
        eventTimes = try reader.takeTimes()
        chain = try reader.take(UInt32.self)
        guard let gateway = GatewayName(try reader.takeText()), let stream = StreamName(try reader.takeText()) else {
            throw .corrupt("a name that is none")
        }
        self.gateway = gateway
        self.stream = stream
        guard Int(count) <= payload.count / 38 else { throw .corrupt("more batches than there is room for") }
        entries = []
        entries.reserveCapacity(Int(count))
        for _ in 0..<count { entries.append(try reader.takeEntry()) }
        guard reader.remaining == 4 else { throw .corrupt("bytes left over in the header") }
        guard firstSequence <= UInt64.max - UInt64(eventCount),
            entries.reduce(0, { $0 + UInt64($1.accepted) }) == UInt64(eventCount)
        else { throw .corrupt("the batches' events do not add up") }
    }

    package init(
        isKeyed: Bool = false, gateway: GatewayName, incarnation: Incarnation, stream: StreamName,
        firstSequence: UInt64, eventCount: UInt32, uncompressedCount: UInt32, compressedCount: UInt32,
        received: ClosedRange<Timestamp>, eventTimes: ClosedRange<Timestamp>?, chain: UInt32, entries: [BatchEntry]
    ) {
        self.isKeyed = isKeyed
        self.gateway = gateway
        self.incarnation = incarnation
        self.stream = stream
        self.firstSequence = firstSequence
        self.eventCount = eventCount
        self.uncompressedCount = uncompressedCount
        self.compressedCount = compressedCount
        self.received = received
        self.eventTimes = eventTimes
        self.chain = chain
        self.entries = entries
    }
}
