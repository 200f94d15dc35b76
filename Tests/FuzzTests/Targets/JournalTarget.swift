import Files
import Model
import Payload
import Simulation
import SystemPackage

@testable import Journal

extension FuzzTarget {
    /// A journal directory of any bytes at all, and recovery from it. The first byte's bits: 1 mends all checksums, so that
    /// what is behind them is reached, be it as contradictory as no disk makes it; 2 lets a recovery be cut by a power
    /// failure after so many operations as the second byte says; 4 lets keys whose window has ended go before the second one.
    /// ``JournalFiles`` reads the rest.
    static let journal = FuzzTarget("journal", maxBytes: 1 << 14) { input in
        var reader = InputReader(input)
        let options = reader.byte()
        let mending = options & 1 != 0
        let cut = Int(reader.byte())
        let files = JournalFiles(&reader, mending: mending)
        let disk = try files.onDisk()
        _ = try JournalSurvey(files: disk.fileSystem, directory: JournalFiles.directory).segments()
        _ = try JournalSurvey(files: disk.fileSystem, directory: JournalFiles.directory).keyLogs()
        let disturbed = options & 2 == 0 ? nil : disk.clone()

        let first = try RecoveredJournal(disk, life: 100)
        try first.check(files)
        if options & 4 != 0 { first.forget() }
        let second = try RecoveredJournal(disk, life: 101)
        if !mending {
            try hold(second.names(nothingBut: first), "recovered a second time, more is lost")
            try second.isSame(as: first, copied: files.hasCopies, "recovered a second time")
        }

        if let disturbed {
            disturbed.cutPower(afterOperations: cut)
            _ = try? RecoveredJournal(disturbed, life: 102)
            var random = SeededGenerator(seed: UInt64(cut))
            disturbed.crash(using: &random)
            let after = try RecoveredJournal(disturbed, life: 103)
            if !mending {
                try after.isSame(as: first, copied: files.hasCopies, "recovered after a power cut in recovery")
            }
            try after.check(files)
        }
        try second.salvageAll()
        let salvaged = try RecoveredJournal(disk, life: 104)
        try hold(salvaged.report.damagedSealed.isEmpty, "salvaged, and still damaged")
        try hold(salvaged.report.rescues.isEmpty, "set aside, and still there")
        try salvaged.check(files)
        try salvaged.appends(life: 105)
    }
}

/// A journal after its recovery on a sound disk.
final class RecoveredJournal {
    struct Remembered: Hashable {
        var entry: BatchEntry
        var incarnation: Incarnation
        var first: UInt64
    }

    private let disk: SimulatedDisk
    private let journal: Journal<SimulatedFileSystem>
    private let stream: StreamJournal<SimulatedFileSystem>
    let report: RecoveryReport
    private let remembered: Set<Remembered>

    init(_ disk: SimulatedDisk, life: UInt64) throws {
        self.disk = disk
        disk.killProcess()
        journal = try Journal(
            files: disk.fileSystem, directory: JournalFiles.directory, configuration: JournalConfiguration(),
            gateway: JournalFiles.gateway, incarnation: Incarnation(rawValue: life))
        var remembered: Set<Remembered> = []
        (stream, report) = try journal.open(JournalFiles.stream, now: JournalFiles.now) {
            remembered.insert(Remembered(entry: $0, incarnation: $1, first: $2))
        }
        self.remembered = remembered
    }

    /// What it gives out is sound, and from the files; what was sound in them is still there.
    func check(_ files: JournalFiles) throws {
        let known = files.entries()
        for one in remembered {
            try hold(known.contains(one.entry), "a batch is remembered that is in no sound block or record")
        }
        for segment in report.sealed {
            let bytes = try disk.contents(segment.path)
            try hold(Int64(bytes.count) == segment.length, "\(segment.path): \(bytes.count) bytes, not as sealed")
            var next = segment.range.first
            let end = Blocks.run(bytes) { header, _ in
                if header.firstSequence == next, header.stream == JournalFiles.stream,
                    header.gateway == JournalFiles.gateway, header.incarnation == segment.incarnation
                {
                    next = header.range.end
                }
            }
            try hold(end == bytes.count, "\(segment.path): byte \(end) is no sound block's")
            try hold(next == segment.range.end, "\(segment.path): it ends with \(next), not \(segment.range)")
        }
        let kept = try Set(disk.files().flatMap { Blocks.leading(try disk.contents($0)) })
        for (name, bytes) in files.segments {
            let lost = Blocks.leading(bytes).subtracting(kept)
            try hold(lost.isEmpty, "\(name): a sound block is on the disk no more")
        }
    }

    /// - Parameter copied: a block stands in two files: then a damaged segment may be found to be a copy only once the other
    ///   is sealed.
    func isSame(as other: RecoveredJournal, copied: Bool, _ what: String) throws {
        try hold(report.sealed == other.report.sealed, "\(what), other segments are sealed")
        try hold(copied || report.damagedSealed == other.report.damagedSealed, "\(what), others are damaged")
        // Only of incarnations that still have segments: one whose segments had all landed, and were put aside, has none.
        for incarnation in Set(report.sealed.map(\.incarnation)) {
            try hold(report.ends[incarnation] == other.report.ends[incarnation], "\(what), sequences end elsewhere")
        }
        // Key logs out of the idempotency window, and such as hold nothing, may have been removed, and what they told written
        // anew.
        let horizon = Timestamp(microseconds: JournalFiles.now.microseconds - 86_400_000_000)
        func recent(_ recovered: RecoveredJournal) -> (Set<Remembered>, [LandedSegment], [KeyDamage]) {
            (
                recovered.remembered.filter { $0.entry.receivedAt >= horizon },
                recovered.report.landed.filter { $0.newest >= horizon },
                recovered.report.keyDamages.filter { !$0.isTail && $0.retired == nil }
            )
        }
        try hold(recent(self) == recent(other), "\(what), other batches are remembered, or others have landed")
    }

    func forget() { stream.beginForgetting(now: JournalFiles.now) }

    /// Whether all that is named as lost here was there too.
    func names(nothingBut other: RecoveredJournal) -> Bool {
        report.damages.allSatisfy { damage in
            let known = other.report.damages.filter { $0.incarnation == damage.incarnation }.map(\.range)
            return damage.range.gaps(between: known).isEmpty
        }
    }

    func salvageAll() throws {
        for rescue in report.rescues { try stream.setAside(rescue.original) }
        for segment in report.damagedSealed {
            _ = try stream.salvage(segment)
            try stream.endSalvage(of: segment)
        }
    }

    /// It can be gone on with.
    func appends(life: UInt64) throws {
        let encoder = BatchEncoder()
        let batch = try encoder.encode(
            .of("{}".utf8), format: .ndjson, rules: StreamRules(),
            identity: BatchIdentity(producer: "p", key: "k", fingerprint: PayloadFingerprint(rawValue: 1)),
            receivedAt: JournalFiles.now
        ).batch
        _ = try stream.append([batch], monotonic: MonotonicInstant(nanoseconds: 0))
        let next = try RecoveredJournal(disk, life: life)
        try hold(next.remembered.contains { $0.entry == batch.entry }, "what was appended is not recovered")
        try hold(next.report.sealed.count == report.sealed.count + 1, "what was appended is not sealed")
    }
}
