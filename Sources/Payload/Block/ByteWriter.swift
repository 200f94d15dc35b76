package import Model

/// Builds the little-endian fields of headers and key log records.
package struct ByteWriter {
    package private(set) var bytes: [UInt8] = []

    package init(capacity: Int) { bytes.reserveCapacity(capacity) }

    package mutating func add(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// One byte of length, then UTF-8.
    package mutating func add(text: String) {
        precondition(text.utf8.count <= 255)
        add(UInt8(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    package mutating func add(_ entry: BatchEntry) {
        add(entry.digest.high.bigEndian)
        add(entry.digest.low.bigEndian)
        add(entry.fingerprint.rawValue)
        add(entry.receivedAt.microseconds)
        add(entry.accepted)
        var rejects = ByteWriter(capacity: entry.rejects.count * 2)
        var previous: UInt32 = 0
        for reject in entry.rejects {
            rejects.add(varint: reject.index - previous)
            rejects.add(reject.reason.rawValue)
            previous = reject.index
        }
        precondition(rejects.bytes.count <= Int(UInt16.max), "more rejects than a block header can list")
        add(UInt16(rejects.bytes.count))
        bytes.append(contentsOf: rejects.bytes)
    }

    /// LEB128.
    private mutating func add(varint value: UInt32) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
