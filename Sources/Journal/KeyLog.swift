import Files
import Model
import Payload
import SystemPackage

/// The keys of landed batches, kept for the idempotency window after their segments are gone: `keys/<n>.keys`.
///
/// A file is a run of records: payload length (u32), CRC-32C of the payload (u32), payload: incarnation (u64), count
/// (u32), then for each batch its first sequence (u64) and its entry as in a block header. A file is appended to by one
/// life only, and closed for good after a failed write or sync.
struct KeyLog<FS: FileSystem> {
    /// Batches in one record, so that a record stays small.
    static var recordBatches: Int { 1000 }

    private struct Open {
        var file: FS.File
        var end: Int64
        var batches: Int
    }
    private struct Closed {
        var path: FilePath
        var newest: Timestamp
    }

    private let files: FS
    private let directory: FilePath
    private let configuration: JournalConfiguration
    private var open: Open?
    private var openPath: FilePath?
    private var openNewest: Timestamp?
    private var closed: [Closed] = []
    private var nextNumber: UInt64 = 0

    init(files: FS, directory: FilePath, configuration: JournalConfiguration) {
        self.files = files
        self.directory = directory
        self.configuration = configuration
    }

    /// Reads every file, oldest first. Passes over a damaged record; ends a file at one that is not whole.
    mutating func load(_ onEntry: (BatchEntry, Incarnation, UInt64) -> Void) throws(FileError) {
        try files.createDirectories(directory)
        var numbers: [UInt64] = []
        for name in try files.list(directory) where name.hasSuffix(".keys") {
            if let number = UInt64(name.dropLast(5)) { numbers.append(number) }
        }
        for number in numbers.sorted() {
            let path = directory.appending("\(number).keys")
            let file = try files.open(path, .read)
            var newest: Timestamp?
            var offset: Int64 = 0
            let size = try file.size()
            while offset < size {
                let head = try file.readPiece(at: offset, count: 8)
                guard head.count == 8 else { break }
                let (length, checksum) = head.withUnsafeBytes {
                    (
                        UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self)),
                        UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
                    )
                }
                guard Int64(length) <= size - offset - 8 else { break }
                let payload = try file.readPiece(at: offset + 8, count: Int(length))
                // A damaged record costs its own keys only, as long as its length leads to the next.
                if payload.withUnsafeBytes({ CRC32C.of($0) }) == checksum, let latest = KeyLog.decode(payload, onEntry)
                {
                    newest = max(newest ?? latest, latest)
                }
                offset += 8 + Int64(length)
            }
            closed.append(Closed(path: path, newest: newest ?? Timestamp(microseconds: .min)))
            nextNumber = number + 1
        }
    }

    /// Appends the batches; durable when it returns.
    mutating func append(
        _ entries: [(entry: BatchEntry, first: UInt64)], incarnation: Incarnation
    ) throws(FileError) {
        guard !entries.isEmpty else { return }
        if let open, open.batches >= configuration.keyLogBatches { close() }
        if open == nil { try create() }
        guard var file = open else { preconditionFailure("a key log was just created") }
        var bytes: [UInt8] = []
        var start = 0
        while start < entries.count {
            let part = entries[start..<min(start + KeyLog.recordBatches, entries.count)]
            bytes += KeyLog.encode(part, incarnation)
            start = part.endIndex
        }
        do throws(FileError) {
            try file.file.writeAll(bytes, at: file.end)
            try file.file.syncData()
        } catch {
            close()
            throw error
        }
        file.end += Int64(bytes.count)
        file.batches += entries.count
        open = file
        for (entry, _) in entries { openNewest = max(openNewest ?? entry.receivedAt, entry.receivedAt) }
    }

    /// Removes the files whose every key is older than the window.
    mutating func expire(now: Timestamp) throws(FileError) {
        let parts = configuration.idempotencyWindow.components
        let horizon = Timestamp(microseconds: now.microseconds - parts.seconds * 1_000_000)
        let old = closed.filter { $0.newest < horizon }
        guard !old.isEmpty else { return }
        for file in old { try files.unlink(file.path) }
        closed.removeAll { $0.newest < horizon }
        try files.syncDirectory(directory)
    }

    private mutating func create() throws(FileError) {
        let path = directory.appending("\(nextNumber).keys")
        nextNumber += 1
        let file = try files.open(path, .create)
        try files.syncDirectory(directory)
        open = Open(file: file, end: 0, batches: 0)
        openPath = path
        openNewest = nil
    }

    private mutating func close() {
        if let openPath { closed.append(Closed(path: openPath, newest: openNewest ?? Timestamp(microseconds: .max))) }
        open = nil
        openPath = nil
    }

    private static func encode(
        _ entries: ArraySlice<(entry: BatchEntry, first: UInt64)>, _ incarnation: Incarnation
    ) -> [UInt8] {
        var payload = ByteWriter(capacity: 16 + entries.count * 56)
        payload.add(incarnation.rawValue)
        payload.add(UInt32(entries.count))
        for (entry, first) in entries {
            payload.add(first)
            payload.add(entry)
        }
        var record = ByteWriter(capacity: 8)
        record.add(UInt32(payload.bytes.count))
        record.add(payload.bytes.withUnsafeBytes { CRC32C.of($0) })
        return record.bytes + payload.bytes
    }

    /// The newest arrival in the record; `nil` when it is damaged.
    private static func decode(
        _ payload: [UInt8], _ onEntry: (BatchEntry, Incarnation, UInt64) -> Void
    ) -> Timestamp? {
        payload.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            var newest: Timestamp?
            do throws(BlockError) {
                let incarnation = Incarnation(rawValue: try reader.take(UInt64.self))
                for _ in 0..<(try reader.take(UInt32.self)) {
                    let first = try reader.take(UInt64.self)
                    let entry = try reader.takeEntry()
                    onEntry(entry, incarnation, first)
                    newest = max(newest ?? entry.receivedAt, entry.receivedAt)
                }
                return reader.remaining == 0 ? newest : nil
            } catch { return nil }
        }
    }
}
