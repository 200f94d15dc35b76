import Files
import Model
import Payload
import SystemPackage

/// Reads one key log file from its beginning, in bounded memory, and says which of its bytes are no record.
struct KeyLogReader<FS: FileSystem> {
    enum Item {
        case record(KeyLogRecord)
        case bad(KeyDamage)
        case end
    }

    /// Length and checksum.
    private static var headBytes: Int64 { 8 }

    private let path: FilePath
    private let file: FS.File
    private let size: Int64
    private var offset: Int64 = 0

    init(_ path: FilePath, in files: FS) throws(FileError) {
        self.path = path
        file = try files.open(path, .read)
        size = try file.size()
    }

    mutating func next() throws(FileError) -> Item {
        guard offset < size else { return .end }
        if let (record, length) = try record(at: offset) {
            offset += length
            return .record(record)
        }
        let start = offset
        let resumed = try nextRecord(after: start)
        offset = resumed ?? size
        return .bad(
            KeyDamage(
                file: path.string, offset: start, bytes: offset - start, isTail: resumed == nil,
                batchesMax: KeyLogRecord.batches(in: offset - start)))
    }

    /// The sound record that begins there, and the bytes it takes.
    private func record(at offset: Int64) throws(FileError) -> (KeyLogRecord, Int64)? {
        let head = try file.readPiece(at: offset, count: Int(KeyLogReader.headBytes))
        guard head.count == KeyLogReader.headBytes else { return nil }
        let (length, checksum) = head.withUnsafeBytes {
            (
                Int64(UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self))),
                UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
            )
        }
        guard length <= size - offset - KeyLogReader.headBytes else { return nil }
        let payload = try file.readPiece(at: offset + KeyLogReader.headBytes, count: Int(length))
        guard payload.count == length, payload.withUnsafeBytes({ CRC32C.of($0) }) == checksum,
            let record = KeyLogRecord(payload: payload)
        else { return nil }
        return (record, KeyLogReader.headBytes + length)
    }

    /// Where the next sound record begins. Any byte may be the one, as a damaged length leads nowhere; a checksum is
    /// computed only where length and number of batches could be a record's.
    private func nextRecord(after bad: Int64) throws(FileError) -> Int64? {
        var start = bad + 1
        while true {
            let window = try file.readPiece(at: start, count: 64 << 10)
            let candidates = window.count - KeyLogRecord.fieldsBytes
            guard candidates > 0 else { return nil }
            for index in 0..<candidates
            where KeyLogRecord.couldBegin(window[index...], left: size - start - Int64(index)) {
                if try record(at: start + Int64(index)) != nil { return start + Int64(index) }
            }
            start += Int64(candidates)
        }
    }
}
