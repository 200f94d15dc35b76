import Model
import Payload

/// The batches of one retired segment, or of a part of it, as a key log holds them.
struct KeyLogRecord {
    /// Batches in one record, at most, so that a record stays small.
    static let batchesMax = 1000
    /// Length, checksum, incarnation and number of batches.
    static let fieldsBytes = 20
    /// A first sequence and an entry without rejects.
    private static let batchBytesMin = 46

    var incarnation: Incarnation
    var batches: [(entry: BatchEntry, first: UInt64)]

    init(incarnation: Incarnation, batches: some Sequence<(entry: BatchEntry, first: UInt64)>) {
        self.incarnation = incarnation
        self.batches = Array(batches)
    }

    /// `nil` when the payload is damaged.
    init?(payload: [UInt8]) {
        let read: KeyLogRecord? = payload.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            do throws(BlockError) {
                var record = KeyLogRecord(incarnation: Incarnation(rawValue: try reader.take(UInt64.self)), batches: [])
                for _ in 0..<(try reader.take(UInt32.self)) {
                    let first = try reader.take(UInt64.self)
                    record.batches.append((try reader.takeEntry(), first))
                }
                return reader.remaining == 0 ? record : nil
            } catch { return nil }
        }
        guard let read else { return nil }
        self = read
    }

    /// Payload length, CRC-32C of the payload, payload.
    func encoded() -> [UInt8] {
        var payload = ByteWriter(capacity: 16 + batches.count * 56)
        payload.add(incarnation.rawValue)
        payload.add(UInt32(batches.count))
        for (entry, first) in batches {
            payload.add(first)
            payload.add(entry)
        }
        var record = ByteWriter(capacity: 8)
        record.add(UInt32(payload.bytes.count))
        record.add(payload.bytes.withUnsafeBytes { CRC32C.of($0) })
        return record.bytes + payload.bytes
    }

    /// The newest arrival; `nil` without batches.
    var newest: Timestamp? { batches.map(\.entry.receivedAt).max() }

    /// How many batches so many bytes of records can have held.
    static func batches(in bytes: Int64) -> Int { Int(max(1, bytes / Int64(batchBytesMin))) }

    /// Whether a record may begin with these bytes, `left` bytes before the file's end. Says no to nearly all bytes that
    /// are none, at no cost.
    static func couldBegin(_ bytes: ArraySlice<UInt8>, left: Int64) -> Bool {
        bytes.withUnsafeBytes { bytes in
            let length = Int64(UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)))
            let count = Int64(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self)))
            return (1...Int64(batchesMax)).contains(count) && length >= 12 + count * Int64(batchBytesMin)
                && length + 8 <= left
        }
    }
}
