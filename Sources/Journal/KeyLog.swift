import Files
import Model
import Payload
import SystemPackage

/// The keys of landed batches and where they landed, kept for the idempotency window after their segments are gone:
/// `keys/<n>.keys`.
///
/// A file is a run of records (``KeyLogRecord``). It is appended to by one life only, and closed for good after a failed
/// write or sync: whatever is no record, but has one after it, is damage.
struct KeyLog<FS: FileSystem> {
    private struct Open {
        var file: FS.File
        var end: Int64
        var batches: Int
    }
    private struct Closed {
        var path: FilePath
        var newest: Timestamp
        var retired: RetiredRanges
    }

    private let files: FS
    private let directory: FilePath
    private let configuration: JournalConfiguration
    private var open: Open?
    private var openPath: FilePath?
    private var openNewest: Timestamp?
    private var openRetired = RetiredRanges()
    /// What files that are gone told (``RetiredDocument``).
    private var retiredBefore = RetiredRanges()
    /// That file is to be written anew, whatever it is to hold.
    private var isDamaged = false
    /// That file is a later version's: it stays as it is, and so do the key logs.
    private var keepsAll = false
    private var closed: [Closed] = []
    private var nextNumber: UInt64 = 0

    init(files: FS, directory: FilePath, configuration: JournalConfiguration) {
        self.files = files
        self.directory = directory
        self.configuration = configuration
    }

    /// Reads every file, oldest first. What is damaged is passed over and returned; the rest is read all the same.
    mutating func load(
        now: Timestamp, onEntry: (BatchEntry, Incarnation, UInt64) -> Void, onLanded: (LandedSegment) -> Void
    ) throws(FileError) -> [KeyDamage] {
        try files.createDirectories(directory)
        var damages: [KeyDamage] = []
        switch try RetiredDocument.find(retiredPath, in: files) {
        case .ranges(let ranges):
            retiredBefore = ranges
            // A killed process may have renamed it into its place and no more: nothing may go for its sake before it is durable.
            try files.syncDirectory(directory)
        case .damaged(let damage):
            damages.append(damage)
            isDamaged = true
        case .later(let damage):
            damages.append(damage)
            keepsAll = true
        }
        for (path, number) in try KeyLog.files(in: directory, files) {
            var newest = Timestamp(microseconds: .min)
            var retired = RetiredRanges()
            var reader = try KeyLogReader(path, in: files)
            reading: while true {
                switch try reader.next() {
                case .record(let record):
                    for (entry, first) in record.batches {
                        onEntry(entry, record.incarnation, first)
                        retired.add(record.incarnation, SequenceRange(first: first, count: UInt64(entry.accepted)))
                    }
                    if let landed = record.landed {
                        onLanded(landed)
                        retired.add(landed.incarnation, landed.range)
                    }
                    newest = max(newest, record.newest ?? newest)
                case .bad(let damage):
                    damages.append(damage)
                    // People are told of it, so the file stays for a window more.
                    if !damage.isTail { newest = max(newest, now) }
                case .end: break reading
                }
            }
            closed.append(Closed(path: path, newest: newest, retired: retired))
            nextNumber = number + 1
        }
        return damages
    }

    /// All that files which are closed, or gone, tell.
    var retired: RetiredRanges { ranges(of: closed[...]) }

    private func ranges(of files: ArraySlice<Closed>) -> RetiredRanges {
        var ranges = retiredBefore
        for file in files { ranges.add(file.retired) }
        return ranges.keeping(ranges.incarnations)
    }

    /// The key log's files, oldest first.
    static func files(in directory: FilePath, _ files: FS) throws(FileError) -> [(path: FilePath, number: UInt64)] {
        try files.list(directory).filter { $0.hasSuffix(".keys") }.compactMap { name in
            UInt64(name.dropLast(5)).map { (directory.child(name), $0) }
        }.sorted { $0.1 < $1.1 }
    }

    /// Appends the batches of a landed segment and its object's name; durable when it returns.
    mutating func append(
        _ entries: [(entry: BatchEntry, first: UInt64)], of segment: LandedSegment
    ) throws(FileError) {
        var records: [KeyLogRecord] = []
        for start in stride(from: 0, to: entries.count, by: KeyLogRecord.batchesMax) {
            let part = entries[start..<min(start + KeyLogRecord.batchesMax, entries.count)]
            records.append(KeyLogRecord(incarnation: segment.incarnation, batches: part))
        }
        // Behind its keys: a file that is cut between them remembers the batches, and that they have landed.
        if !segment.range.isEmpty { records.append(KeyLogRecord(landed: segment)) }
        if records.isEmpty { return }
        if let open, open.batches >= configuration.keyLogBatches { close() }
        if open == nil { try create() }
        guard var file = open else { preconditionFailure("a key log was just created") }
        do throws(FileError) {
            // A record is written only once the one before it is durable, so that a torn record with a sound one after it is
            // always damage and never an append that a power cut tore (model seed 1306).
            for record in records {
                let bytes = record.encoded()
                try file.file.writeAll(bytes, at: file.end)
                try file.file.syncData()
                file.end += Int64(bytes.count)
            }
        } catch {
            close()
            throw error
        }
        file.batches += entries.count
        open = file
        for record in records {
            guard let newest = record.newest else { continue }
            openNewest = max(openNewest ?? newest, newest)
        }
        for (entry, first) in entries {
            openRetired.add(segment.incarnation, SequenceRange(first: first, count: UInt64(entry.accepted)))
        }
        openRetired.add(segment.incarnation, segment.range)
    }

    /// Removes the files whose every key is older than the window. What recovery needs to know of them is kept.
    /// - Parameter lives: those that may have segments in the journal, or of which nobody has said how they ended; `nil`: all.
    mutating func expire(now: Timestamp, lives: Set<Incarnation>?) throws(FileError) {
        // A damaged one is told of at every start until the ledger has it.
        if keepsAll || (isDamaged && lives == nil) { return }
        let horizon = Timestamp(
            microseconds: now.microseconds - configuration.idempotencyWindow.wholeMicroseconds)
        let split = closed.partition { $0.newest < horizon }
        var kept = ranges(of: closed[split...])
        if let lives {
            let others = closed[..<split].reduce(into: openRetired.incarnations) {
                $0.formUnion($1.retired.incarnations)
            }
            kept = kept.keeping(lives.union(others))
        }
        // Durable before anything goes.
        if isDamaged || kept != retiredBefore { try write(kept) }
        guard split < closed.endIndex else { return }
        while closed.endIndex > split {
            // Somebody may have made room.
            do throws(FileError) { try files.unlink(closed[closed.endIndex - 1].path) } catch
                where error.errno == .noSuchFileOrDirectory
            {}
            closed.removeLast()
        }
        try files.syncDirectory(directory)
    }

    private mutating func write(_ retired: RetiredRanges) throws(FileError) {
        #if SLUICE_CANARIES
            if Canary.isOn(.forgetRetired) { return }
        #endif
        try files.replace(retiredPath, with: ChecksummedLine.encode(RetiredDocument(retired)))
        retiredBefore = retired
        isDamaged = false
    }

    private var retiredPath: FilePath { directory.appending("retired") }

    private mutating func create() throws(FileError) {
        let path = directory.child("\(nextNumber).keys")
        nextNumber += 1
        let file = try files.open(path, .create)
        try files.syncDirectory(directory)
        open = Open(file: file, end: 0, batches: 0)
        openPath = path
        openNewest = nil
        openRetired = RetiredRanges()
    }

    private mutating func close() {
        if let openPath {
            closed.append(
                Closed(
                    path: openPath, newest: openNewest ?? Timestamp(microseconds: .max), retired: openRetired))
        }
        openRetired = RetiredRanges()
        open = nil
        openPath = nil
    }
}
