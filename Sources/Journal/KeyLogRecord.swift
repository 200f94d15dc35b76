import Model
import Payload

/// What a key log holds: the batches of one retired segment, or of a part of it; or, behind them, where it landed.
///
/// Both kinds begin with an incarnation and a count. A count that no writer gives marks the kind that came later: the version
/// before it finds no batch in such a record, and passes over it.
struct KeyLogRecord {
    /// Batches in one record, at most, so that a record stays small.
    static let batchesMax = 1000
    /// Length, checksum, incarnation and number of batches.
    static let fieldsBytes = 20
    /// Stands where a count of batches would.
    private static let landedMark = UInt32.max
    /// A landed record without its object's name, and the longest name.
    private static let landedBytes = 38
    private static let nameBytesMax = 1024
    /// A first sequence and an entry without rejects.
    private static let batchBytesMin = 46

    var incarnation: Incarnation
    var batches: [(entry: BatchEntry, first: UInt64)] = []
    /// Without batches.
    var landed: LandedSegment?

    init(landed segment: LandedSegment) {
        precondition(segment.object.utf8.count <= KeyLogRecord.nameBytesMax, "an object name that no zone takes")
        incarnation = segment.incarnation
        landed = segment
    }

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
                let count = try reader.take(UInt32.self)
                if count == KeyLogRecord.landedMark {
                    record.landed = try KeyLogRecord.landed(&reader, record.incarnation, bytes)
                    return record
                }
                for _ in 0..<count {
                    let first = try reader.take(UInt64.self)
                    let entry = try reader.takeEntry()
                    // Sound by its checksum, and still none that a journal writes: it must not stop a recovery.
                    guard !first.addingReportingOverflow(UInt64(entry.accepted)).overflow else { return nil }
                    record.batches.append((entry, first))
                }
                return reader.remaining == 0 ? record : nil
            } catch { return nil }
        }
        guard let read else { return nil }
        self = read
    }

    private static func landed(
        _ reader: inout ByteReader, _ incarnation: Incarnation, _ bytes: UnsafeRawBufferPointer
    ) throws(BlockError) -> LandedSegment {
        let (first, count) = (try reader.take(UInt64.self), try reader.take(UInt64.self))
        let newest = Timestamp(microseconds: try reader.take(Int64.self))
        let length = Int(try reader.take(UInt16.self))
        guard reader.remaining == length, !first.addingReportingOverflow(count).overflow else {
            throw .corrupt("a landed segment that is none")
        }
        return LandedSegment(
            incarnation: incarnation, range: SequenceRange(first: first, count: count),
            object: String(decoding: bytes.suffix(length), as: UTF8.self), newest: newest)
    }

    /// Payload length, CRC-32C of the payload, payload.
    func encoded() -> [UInt8] {
        let payload = payload
        var record = ByteWriter(capacity: 8)
        record.add(UInt32(payload.count))
        record.add(payload.withUnsafeBytes { CRC32C.of($0) })
        return record.bytes + payload
    }

    private var payload: [UInt8] {
        var payload = ByteWriter(capacity: 16 + batches.count * 56)
        payload.add(incarnation.rawValue)
        guard let landed else {
            payload.add(UInt32(batches.count))
            for (entry, first) in batches {
                payload.add(first)
                payload.add(entry)
            }
            return payload.bytes
        }
        let name = Array(landed.object.utf8)
        payload.add(KeyLogRecord.landedMark)
        payload.add(landed.range.first)
        payload.add(landed.range.count)
        payload.add(landed.newest.microseconds)
        payload.add(UInt16(name.count))
        return payload.bytes + name
    }

    /// The newest arrival; `nil` without batches.
    var newest: Timestamp? { landed?.newest ?? batches.map(\.entry.receivedAt).max() }

    /// How many batches so many bytes of records can have held.
    static func batches(in bytes: Int64) -> Int { Int(max(1, bytes / Int64(batchBytesMin))) }

    /// Whether a record may begin with these bytes, `left` bytes before the file's end. Says no to nearly all bytes that
    /// are none, at no cost.
    static func couldBegin(_ bytes: ArraySlice<UInt8>, left: Int64) -> Bool {
        bytes.withUnsafeBytes { bytes in
            let length = Int64(UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)))
            let mark = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
            if mark == landedMark {
                return (Int64(landedBytes)...Int64(landedBytes + nameBytesMax)).contains(length) && length + 8 <= left
            }
            let count = Int64(mark)
            return (1...Int64(batchesMax)).contains(count) && length >= 12 + count * Int64(batchBytesMin)
                && length + 8 <= left
        }
    }
}
