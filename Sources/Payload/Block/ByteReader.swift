package import Model

/// Takes little-endian fields off untrusted bytes; every step is bounds-checked.
package struct ByteReader {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0

    package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    package var remaining: Int { bytes.count - offset }

    package mutating func take<T: FixedWidthInteger>(_: T.Type) throws(BlockError) -> T {
        guard remaining >= MemoryLayout<T>.size else { throw .corrupt("a field beyond the header's end") }
        defer { offset += MemoryLayout<T>.size }
        return T(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
    }

    mutating func takeText() throws(BlockError) -> String {
        let count = Int(try take(UInt8.self))
        guard remaining >= count else { throw .corrupt("a name beyond the header's end") }
        defer { offset += count }
        return String(decoding: bytes[offset..<offset + count], as: UTF8.self)
    }

    /// Two timestamps; `nil` when both are the sentinel for "none".
    mutating func takeTimes() throws(BlockError) -> ClosedRange<Timestamp>? {
        let low = try take(Int64.self)
        let high = try take(Int64.self)
        if low == .min, high == .min { return nil }
        guard low <= high else { throw .corrupt("a time range that ends before it begins") }
        return Timestamp(microseconds: low)...Timestamp(microseconds: high)
    }

    package mutating func takeEntry() throws(BlockError) -> BatchEntry {
        let high = UInt64(bigEndian: try take(UInt64.self))
        let low = UInt64(bigEndian: try take(UInt64.self))
        var entry = BatchEntry(
            digest: BatchDigest(high: high, low: low), fingerprint: PayloadFingerprint(rawValue: try take(UInt64.self)),
            receivedAt: Timestamp(microseconds: try take(Int64.self)), accepted: try take(UInt32.self))
        let count = Int(try take(UInt16.self))
        guard remaining >= count else { throw .corrupt("rejects beyond the header's end") }
        let end = offset + count
        var index: UInt32 = 0
        while offset < end {
            let (sum, overflow) = index.addingReportingOverflow(try takeVarint())
            guard !overflow, let reason = RejectReason(rawValue: try take(UInt8.self)) else {
                throw .corrupt("a reject that is none")
            }
            index = sum
            entry.rejects.append(.init(index: index, reason: reason))
        }
        guard offset == end else { throw .corrupt("rejects of a wrong length") }
        return entry
    }

    private mutating func takeVarint() throws(BlockError) -> UInt32 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 35, by: 7) {
            let byte = try take(UInt8.self)
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 {
                guard value <= UInt64(UInt32.max) else { break }
                return UInt32(value)
            }
        }
        throw .corrupt("a number that is too long")
    }
}
