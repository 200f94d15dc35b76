import Files
import Model
import Payload
import SystemPackage

/// Recovers one stream's journal after any crash: reads everything, decides, and only then changes anything; a crash
/// during recovery leaves a state from which the next recovery decides the same.
struct Recovery<FS: FileSystem> {
    let files: FS
    let paths: StreamPaths
    let stream: StreamName
    let gateway: GatewayName

    /// What the key log says has landed and gone.
    private let retired: RetiredRanges
    private var report = RecoveryReport()
    /// Of one incarnation: what is to be set aside once its loss has a name in the ledger.
    private var originals: [FoundSegment] = []

    init(files: FS, paths: StreamPaths, stream: StreamName, gateway: GatewayName, retired: RetiredRanges) {
        self.files = files
        self.paths = paths
        self.stream = stream
        self.gateway = gateway
        self.retired = retired
    }

    mutating func run(_ onEntry: (BatchEntry, Incarnation, UInt64) -> Void) throws(FileError) -> RecoveryReport {
        let found = try scan()
        for incarnation in Recovery.inOrder(found) {
            try recover(
                found.filter { $0.incarnation == incarnation }.sorted { $0.ordinal < $1.ordinal }, incarnation, onEntry)
        }
        try files.syncDirectory(paths.directory)
        for incarnation in report.unread { report.ends[incarnation] = nil }
        return report
    }

    // MARK: Reading

    private mutating func scan() throws(FileError) -> [FoundSegment] {
        var found: [FoundSegment] = []
        let names = try files.list(paths.directory)
        for name in names where name != "keys" {
            let path = paths.directory.child(name)
            if StreamPaths.temporarySuffixes.contains(where: { name.hasSuffix($0) }) {
                try files.unlink(path)
            } else if name.hasSuffix(StreamPaths.sealedSuffix) {
                let segment = String(name.dropLast(".sealed".count))
                if names.contains(segment) { continue }
                if let gone = try gone(paths.directory.child(segment)) {
                    found.append(gone)
                } else {
                    try files.unlink(path)
                }
            } else if let (incarnation, ordinal) = StreamPaths.parse(name) {
                if let segment = try read(path, incarnation, ordinal) {
                    found.append(segment)
                } else {
                    report.unread.insert(incarnation)
                }
            } else {
                report.refused.append((path.string, "not a file of the journal"))
            }
        }
        return found
    }

    /// The segment of a sidecar that stands alone, if it is missing: when a segment is retired, it goes first, and is in the key
    /// log by then. A copy's sidecar is older than the copy.
    private func gone(_ path: FilePath) throws(FileError) -> FoundSegment? {
        guard let sidecar = try sidecar(of: path), sidecar.ordinal < StreamPaths.firstSalvagedOrdinal,
            !sidecar.range.gaps(between: retired.of(sidecar.incarnation)).isEmpty
        else { return nil }
        return FoundSegment(
            path: path, incarnation: sidecar.incarnation, ordinal: sidecar.ordinal, size: 0, blocks: [], holes: [],
            tornBytes: 0, sidecar: sidecar)
    }

    private mutating func read(_ path: FilePath, _ incarnation: Incarnation, _ ordinal: UInt64) throws(FileError)
        -> FoundSegment?
    {
        let file = try files.open(path, .update)
        // What was read after a crash may be in the page cache only: sync before trusting it.
        try file.syncData()
        let size = try file.size()
        let reader = SegmentReader<FS>(file, size: size)
        var found = FoundSegment(
            path: path, incarnation: incarnation, ordinal: ordinal, size: size, blocks: [], holes: [], tornBytes: 0,
            sidecar: try sidecar(of: path))
        var hole: String?
        reading: while true {
            switch try reader.next() {
            case .block(let block, _):
                guard block.header.gateway == gateway, block.header.stream == stream,
                    block.header.incarnation == incarnation
                else {
                    report.refused.append(
                        (
                            path.string,
                            "it belongs to \(block.header.stream) of \(block.header.gateway)/\(block.header.incarnation)"
                        ))
                    return nil
                }
                if let reason = hole
                    ?? (found.end.map { $0 == block.range.first } == false ? "blocks are missing" : nil)
                {
                    found.holes.append((found.end, block.range.first, reason))
                    hole = nil
                }
                found.blocks.append(block)
            case .bad(let offset, let error):
                #if SLUICE_CANARIES
                    if Canary.isOn(.truncateOnRot) {
                        found.tornBytes = size - offset
                        break reading
                    }
                #endif
                guard
                    try reader.resume(gateway: gateway, incarnation: incarnation, stream: stream, from: found.end ?? 0)
                else {
                    // Without a block that this version knows, it is a later version's file and not a damaged byte.
                    if case .unknownVersion = error, found.blocks.isEmpty {
                        report.refused.append(
                            (path.string, "\(error) (it lands what is left), or move the file away to go on without it")
                        )
                        return nil
                    }
                    found.tornBytes = size - offset
                    break reading
                }
                hole = "\(error) at byte \(offset)"
            case .end: break reading
            }
        }
        found.dropForeignSidecar(of: gateway)
        return found
    }

    private func sidecar(of path: FilePath) throws(FileError) -> SealedSegment? {
        let sealed = path.suffixed(".sealed")
        // One that can't be asked for may be there: a segment without would be sealed anew, and may land with other bytes under
        // its name.
        guard let status = try files.statusIfThere(sealed), status.size < 1 << 16 else { return nil }
        let bytes = try files.open(sealed, .read).readPiece(at: 0, count: Int(status.size))
        return Sidecar.decode(bytes)?.segment(at: path)
    }

    /// Incarnations by the arrival of their first block.
    private static func inOrder(_ found: [FoundSegment]) -> [Incarnation] {
        var first: [Incarnation: Timestamp] = [:]
        for segment in found {
            let time = segment.blocks.first?.header.received.lowerBound ?? Timestamp(microseconds: .max)
            first[segment.incarnation] = min(first[segment.incarnation] ?? time, time)
        }
        return first.keys.sorted { (first[$0]!, $0.rawValue) < (first[$1]!, $1.rawValue) }
    }

    // MARK: Deciding and changing, one incarnation

    private mutating func recover(
        _ all: [FoundSegment], _ incarnation: Incarnation, _ onEntry: (BatchEntry, Incarnation, UInt64) -> Void
    ) throws(FileError) {
        let copies = FoundSegment.redundant(among: all)
        let segments = all.filter { !copies.contains($0.path) }
        var result: [SealedSegment] = []
        let ordinals = all.map(\.ordinal)
        var nextSalvaged = StreamPaths.nextSalvagedOrdinal(after: ordinals)
        var nextRescued = max(StreamPaths.firstRescuedOrdinal, (ordinals.max() ?? 0) + 1)
        let sealedRanges = segments.filter(\.matchesSidecar).compactMap(\.sidecar?.range)
        let landed = retired.of(incarnation)
        // Of a salvage that was cut short, and whose original has been damaged further since: they hold what it no longer does.
        let made = segments.filter(\.isCopy)
        let held = Set(made.flatMap { $0.blocks.map(\.identity) })
        for (index, segment) in segments.enumerated() {
            if segment.matchesSidecar, let sidecar = segment.sidecar {
                result.append(sidecar)
                note(segment.blocks, onEntry)
            } else if let sidecar = segment.sidecar, !segment.isCopy,
                made.contains(where: { $0.isSalvaged && $0.blocks.contains { sidecar.range.overlaps($0.range) } })
            {
                let rest = segment.blocks.filter { !held.contains($0.identity) }
                note(rest, onEntry)
                result += try endSalvage(of: segment, sidecar.range, rest, made, &nextSalvaged)
            } else if let sidecar = segment.sidecar {
                report.damagedSealed.append(sidecar)
                note(segment.blocks, onEntry)
            } else {
                // Not sealed. A later segment exists only if nothing here was acknowledged beyond its beginning; one
                // that begins before this one has been given another's name.
                let later = segments[(index + 1)...].filter { !$0.isCopy }
                let limit = later.compactMap(\.first).filter { $0 >= segment.first ?? 0 }.min()
                let kept = segment.blocks.filter { block in
                    block.range.first < (limit ?? .max) && (segment.isCopy || !held.contains(block.identity))
                        && !sealedRanges.contains {
                            $0.first <= block.range.first && block.range.end <= $0.end && !block.range.isEmpty
                        }
                        // Written by an append that failed, into a file that could not be removed then: its sequences were
                        // given again, and that segment has landed and gone.
                        && !landed.contains {
                            $0.first < block.range.end && block.range.first < $0.end && !block.range.isEmpty
                        }
                }
                note(kept, onEntry)
                result += try seal(segment, kept, &nextRescued)
            }
        }
        // Last, when all that they repeat is sealed.
        for segment in all where copies.contains(segment.path) {
            if segment.isCopy, segment.matchesSidecar {
                // Made by a salvage that was cut short. Without its sidecar it is redundant all the same.
                try files.unlink(segment.path.suffixed(".sealed"))
                try files.unlink(segment.path)
            } else {
                try end(segment)
            }
        }
        result.sort { ($0.range.first, $0.range.end) < ($1.range.first, $1.range.end) }
        nameGaps(in: all, result)
        reportRescues(result)
        report.sealed += result
        // What landed first may have had higher sequences than what is left. What a file holds of an append that failed is not
        // of this life.
        let damaged = report.damagedSealed.filter { $0.incarnation == incarnation }
        let lost = report.damages.filter { $0.incarnation == incarnation }
        let ends = (result + damaged).map(\.range) + lost.map(\.range) + retired.of(incarnation)
        report.ends[incarnation] = ends.map(\.end).max() ?? 0
    }

    private mutating func note(_ blocks: [ScannedBlock], _ onEntry: (BatchEntry, Incarnation, UInt64) -> Void) {
        for block in blocks {
            report.events += UInt64(block.header.eventCount)
            for (entry, first) in block.header.placedEntries { onEntry(entry, block.header.incarnation, first) }
        }
    }

    /// Seals an unsealed segment: in place when only its tail was torn, else by copying its sound runs.
    private mutating func seal(
        _ segment: FoundSegment, _ kept: [ScannedBlock], _ nextOrdinal: inout UInt64
    ) throws(FileError) -> [SealedSegment] {
        guard !kept.isEmpty else {
            if segment.blocks.isEmpty { try files.unlink(segment.path) } else { try end(segment) }
            report.tornBytes += segment.size
            return []
        }
        if segment.holes.isEmpty, kept.count == segment.blocks.count {
            report.tornBytes += segment.tornBytes
            let file = try files.open(segment.path, .update)
            let length = kept.last!.offset + Int64(kept.last!.length)
            // Also when it seems to be cut already: a failed sync may have lost the cut.
            try file.truncate(to: length)
            let sealed = try rewrite(kept, in: file, path: segment.path, ordinal: segment.ordinal)
            try file.syncData()
            try files.writeSidecar(for: sealed, stream: stream, in: paths)
            return [sealed]
        }
        var salvager = Salvager(files: files, paths: paths, stream: stream)
        let sealed = try salvager.copyRuns(of: kept, from: segment.path, nextOrdinal: &nextOrdinal)
        try end(segment)
        return sealed
    }

    /// All that is sound of it is elsewhere: it goes at once only where nothing was lost.
    private mutating func end(_ segment: FoundSegment) throws(FileError) {
        if segment.needsRescue { originals.append(segment) } else { try setAside(segment.path) }
    }

    /// With the copies of this start and of earlier ones that ended before the original was set aside.
    private mutating func reportRescues(_ result: [SealedSegment]) {
        var copies = result.filter { $0.ordinal >= StreamPaths.firstSalvagedOrdinal }
        for original in originals {
            let own = copies.partition {
                ($0.ordinal >= StreamPaths.firstRescuedOrdinal) == (original.sidecar == nil)
                    && original.extent.overlaps($0.range)
            }
            report.rescues.append(.init(original: original.path, copies: Array(copies[own...])))
            copies.removeSubrange(own...)
        }
        originals = []
    }

    /// Copies what no earlier copy of the damaged segment holds, and names what is lost.
    private mutating func endSalvage(
        of segment: FoundSegment, _ range: SequenceRange, _ rest: [ScannedBlock], _ made: [FoundSegment],
        _ nextOrdinal: inout UInt64
    ) throws(FileError) -> [SealedSegment] {
        for gap in range.gaps(between: (rest + made.flatMap(\.blocks)).map(\.range)) {
            add(segment, gap.first, gap.end, "a sealed segment was damaged on disk")
        }
        var salvager = Salvager(files: files, paths: paths, stream: stream)
        let sealed =
            rest.isEmpty ? [] : try salvager.copyRuns(of: rest, from: segment.path, nextOrdinal: &nextOrdinal)
        originals.append(segment)
        return sealed
    }

    /// Writes the blocks over themselves. A recovery that failed on its sync left pages that read well, count as clean
    /// and are not on the disk; only a new write makes a new sync cover them. It needs no space.
    private func rewrite(
        _ blocks: [ScannedBlock], in file: FS.File, path: FilePath, ordinal: UInt64
    ) throws(FileError) -> SealedSegment {
        var totals = SegmentTotals(first: blocks[0].header)
        for block in blocks {
            let bytes = try file.readPiece(at: block.offset, count: block.length)
            try file.writeAll(bytes, at: block.offset)
            bytes.withUnsafeBytes { totals.add(block.header, $0) }
        }
        return totals.sealed(path: path, ordinal: ordinal, identity: blocks[0].header)
    }

    private func setAside(_ path: FilePath) throws(FileError) {
        try Salvager(files: files, paths: paths, stream: stream).setAside(path)
    }

    /// Names the sequences that lie between what there is of an incarnation, or was, holes within files included.
    private mutating func nameGaps(in segments: [FoundSegment], _ sealed: [SealedSegment]) {
        guard let incarnation = segments.first?.incarnation else { return }
        let damaged = report.damagedSealed.filter { $0.incarnation == incarnation }
        let ranges =
            ((sealed + damaged).map { ($0.range, $0.path.string) }
            + retired.of(incarnation).map { ($0, "a landed segment") })
            .sorted { ($0.0.first, $0.0.end) < ($1.0.first, $1.0.end) }
        for segment in segments where segment.sidecar == nil {
            for hole in segment.holes {
                // A file whose first block is damaged does not say where it began: where what comes before it ends.
                let after = hole.after ?? ranges.map(\.0.end).filter { $0 <= hole.before }.max() ?? 0
                guard hole.before > after else { continue }
                // What another file has of it, a copy or the original, is no loss.
                for gap in SequenceRange(first: after, count: hole.before - after).gaps(between: ranges.map(\.0)) {
                    add(segment, gap.first, gap.end, hole.reason)
                }
            }
        }
        var next = ranges.first?.0.first ?? 0
        for (range, file) in ranges {
            if range.first > next { addGap(incarnation, next, range.first, file) }
            next = max(next, range.end)
        }
    }

    private mutating func addGap(_ incarnation: Incarnation, _ first: UInt64, _ end: UInt64, _ file: String) {
        let range = SequenceRange(first: first, count: end - first)
        let isNamed = report.damages.contains {
            $0.incarnation == incarnation && $0.range.first <= range.first && range.end <= $0.range.end
        }
        guard !isNamed else { return }
        report.damages.append(
            .init(incarnation: incarnation, range: range, file: file, reason: "the segment before it is missing"))
    }

    private mutating func add(_ segment: FoundSegment, _ first: UInt64, _ end: UInt64, _ reason: String) {
        report.damages.append(
            .init(
                incarnation: segment.incarnation, range: SequenceRange(first: first, count: end - first),
                file: segment.path.string, reason: reason))
    }
}
