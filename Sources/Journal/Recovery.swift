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

    private var report = RecoveryReport()

    init(files: FS, paths: StreamPaths, stream: StreamName, gateway: GatewayName) {
        self.files = files
        self.paths = paths
        self.stream = stream
        self.gateway = gateway
    }

    /// A segment file as found.
    struct Found {
        var path: FilePath
        var incarnation: Incarnation
        var ordinal: UInt64
        var size: Int64
        var blocks: [ScannedBlock]
        /// Where bytes that are no sound block begin, with sound ones after them.
        var holes: [(after: UInt64, before: UInt64, reason: String)]
        /// Bytes behind the last sound block.
        var tornBytes: Int64
        var sidecar: SealedSegment?

        var end: UInt64? { blocks.last.map(\.range.end) }
        /// Whether the file holds exactly what its sidecar says.
        var matchesSidecar: Bool {
            guard let sidecar else { return false }
            return holes.isEmpty && tornBytes == 0 && size == sidecar.length && blocks.first?.range.first == sidecar.range.first
                && end == sidecar.range.end
        }
    }

    mutating func run(_ onEntry: (BatchEntry, Incarnation, UInt64) -> Void) throws(FileError) -> RecoveryReport {
        let found = try scan()
        for incarnation in Recovery.inOrder(found) {
            try recover(found.filter { $0.incarnation == incarnation }.sorted { $0.ordinal < $1.ordinal }, incarnation, onEntry)
        }
        try files.syncDirectory(paths.directory)
        return report
    }

    // MARK: Reading

    private mutating func scan() throws(FileError) -> [Found] {
        var found: [Found] = []
        let names = try files.list(paths.directory)
        for name in names where name != "keys" {
            let path = paths.directory.appending(name)
            if StreamPaths.temporarySuffixes.contains(where: { name.hasSuffix($0) }) {
                try files.unlink(path)
            } else if name.hasSuffix(StreamPaths.sealedSuffix) {
                // An orphan: its segment went first when it was retired.
                if !names.contains(String(name.dropLast(".sealed".count))) { try files.unlink(path) }
            } else if let (incarnation, ordinal) = StreamPaths.parse(name) {
                if let segment = try read(path, incarnation, ordinal) { found.append(segment) }
            } else {
                report.refused.append((path.string, "not a file of the journal"))
            }
        }
        return found
    }

    private mutating func read(_ path: FilePath, _ incarnation: Incarnation, _ ordinal: UInt64) throws(FileError) -> Found? {
        let file = try files.open(path, .update)
        // What was read after a crash may be in the page cache only: sync before trusting it.
        try file.syncData()
        let size = try file.size()
        let reader = SegmentReader<FS>(file, size: size)
        var found = Found(
            path: path, incarnation: incarnation, ordinal: ordinal, size: size, blocks: [], holes: [], tornBytes: 0,
            sidecar: try sidecar(of: path))
        var hole: String?
        reading: while true {
            switch try reader.next() {
            case .block(let block, _):
                guard block.header.gateway == gateway, block.header.stream == stream, block.header.incarnation == incarnation
                else {
                    report.refused.append((path.string, "it belongs to \(block.header.stream) of \(block.header.gateway)/\(block.header.incarnation)"))
                    return nil
                }
                if let reason = hole ?? (found.end.map { $0 == block.range.first } == false ? "blocks are missing" : nil) {
                    found.holes.append((found.end ?? 0, block.range.first, reason))
                    hole = nil
                }
                found.blocks.append(block)
            case .bad(let offset, let error):
                if case .unknownVersion = error, found.blocks.isEmpty {
                    report.refused.append((path.string, "\(error); start the version that wrote it, or move the file away"))
                    return nil
                }
                guard try reader.resume(gateway: gateway, incarnation: incarnation, stream: stream, from: found.end ?? 0)
                else {
                    found.tornBytes = size - offset
                    break reading
                }
                hole = "\(error) at byte \(offset)"
            case .end: break reading
            }
        }
        return found
    }

    private func sidecar(of path: FilePath) throws(FileError) -> SealedSegment? {
        let sealed = path.suffixed(".sealed")
        guard let status = try? files.status(sealed), status.size < 1 << 16 else { return nil }
        let bytes = try files.open(sealed, .read).readPiece(at: 0, count: Int(status.size))
        return Sidecar.decode(bytes)?.segment(at: path)
    }

    /// Incarnations by the arrival of their first block.
    private static func inOrder(_ found: [Found]) -> [Incarnation] {
        var first: [Incarnation: Timestamp] = [:]
        for segment in found {
            let time = segment.blocks.first?.header.received.lowerBound ?? Timestamp(microseconds: .max)
            first[segment.incarnation] = min(first[segment.incarnation] ?? time, time)
        }
        return first.keys.sorted { (first[$0]!, $0.rawValue) < (first[$1]!, $1.rawValue) }
    }

    // MARK: Deciding and changing, one incarnation

    private mutating func recover(
        _ segments: [Found], _ incarnation: Incarnation, _ onEntry: (BatchEntry, Incarnation, UInt64) -> Void
    ) throws(FileError) {
        var result: [SealedSegment] = []
        var nextOrdinal = max(StreamPaths.firstSalvagedOrdinal, (segments.map(\.ordinal).max() ?? 0) + 1)
        let sealedRanges = segments.filter(\.matchesSidecar).compactMap(\.sidecar?.range)
        for (index, segment) in segments.enumerated() {
            if segment.matchesSidecar, let sidecar = segment.sidecar {
                result.append(sidecar)
                note(segment.blocks, onEntry)
            } else if let sidecar = segment.sidecar {
                report.damagedSealed.append(sidecar)
                note(segment.blocks, onEntry)
            } else {
                // Not sealed. A later segment exists only if nothing here was acknowledged beyond its beginning.
                let later = segments[(index + 1)...].filter { $0.ordinal < StreamPaths.firstSalvagedOrdinal }
                let limit = later.compactMap { $0.sidecar?.range.first ?? $0.blocks.first?.range.first }.min()
                let kept = segment.blocks.filter { block in
                    block.range.first < (limit ?? .max)
                        && !sealedRanges.contains { $0.first <= block.range.first && block.range.end <= $0.end && !block.range.isEmpty }
                }
                note(kept, onEntry)
                result += try seal(segment, kept, &nextOrdinal)
            }
        }
        result.sort { ($0.range.first, $0.range.end) < ($1.range.first, $1.range.end) }
        nameGaps(in: segments, result)
        report.sealed += result
        let ends = segments.compactMap { max($0.end ?? 0, $0.sidecar?.range.end ?? 0) }
        report.ends[incarnation] = ends.max() ?? 0
    }

    private mutating func note(_ blocks: [ScannedBlock], _ onEntry: (BatchEntry, Incarnation, UInt64) -> Void) {
        for block in blocks {
            report.events += UInt64(block.header.eventCount)
            for (entry, first) in block.header.placedEntries { onEntry(entry, block.header.incarnation, first) }
        }
    }

    /// Seals an unsealed segment: in place when only its tail was torn, else by copying its sound runs.
    private mutating func seal(
        _ segment: Found, _ kept: [ScannedBlock], _ nextOrdinal: inout UInt64
    ) throws(FileError) -> [SealedSegment] {
        guard !kept.isEmpty else {
            if segment.holes.isEmpty { try files.unlink(segment.path) } else { try setAside(segment.path) }
            report.tornBytes += segment.size
            return []
        }
        if segment.holes.isEmpty, kept.count == segment.blocks.count {
            report.tornBytes += segment.tornBytes
            let file = try files.open(segment.path, .update)
            let length = kept.last!.offset + Int64(kept.last!.length)
            if segment.size > length {
                try file.truncate(to: length)
                try file.syncData()
            }
            let sealed = try totals(of: kept, in: file, path: segment.path, ordinal: segment.ordinal)
            try files.writeSidecar(for: sealed, stream: stream, in: paths)
            return [sealed]
        }
        var salvager = Salvager(files: files, paths: paths, stream: stream)
        let sealed = try salvager.copyRuns(of: kept, from: segment.path, nextOrdinal: &nextOrdinal)
        try setAside(segment.path)
        return sealed
    }

    private func totals(
        of blocks: [ScannedBlock], in file: FS.File, path: FilePath, ordinal: UInt64
    ) throws(FileError) -> SealedSegment {
        var totals = SegmentTotals(first: blocks[0].header)
        for block in blocks {
            let bytes = try file.readPiece(at: block.offset, count: block.length)
            bytes.withUnsafeBytes { totals.add(block.header, $0) }
        }
        return totals.sealed(path: path, ordinal: ordinal, identity: blocks[0].header)
    }

    private func setAside(_ path: FilePath) throws(FileError) {
        try Salvager(files: files, paths: paths, stream: stream).setAside(path)
    }

    /// Names the sequences that lie between what there is of an incarnation, holes within files included.
    private mutating func nameGaps(in segments: [Found], _ sealed: [SealedSegment]) {
        for segment in segments where segment.sidecar == nil {
            for hole in segment.holes where hole.before > hole.after {
                add(segment, hole.after, hole.before, hole.reason)
            }
        }
        let ranges = (sealed.map { ($0.range, $0.path) } + report.damagedSealed.map { ($0.range, $0.path) })
            .sorted { ($0.0.first, $0.0.end) < ($1.0.first, $1.0.end) }
        for (earlier, later) in zip(ranges, ranges.dropFirst()) where later.0.first > earlier.0.end {
            let range = SequenceRange(first: earlier.0.end, count: later.0.first - earlier.0.end)
            if !report.damages.contains(where: { $0.range.first <= range.first && range.end <= $0.range.end }) {
                report.damages.append(
                    .init(
                        incarnation: segments[0].incarnation, range: range, file: later.1.string,
                        reason: "the segment before it is missing"))
            }
        }
    }

    private mutating func add(_ segment: Found, _ first: UInt64, _ end: UInt64, _ reason: String) {
        report.damages.append(
            .init(
                incarnation: segment.incarnation, range: SequenceRange(first: first, count: end - first),
                file: segment.path.string, reason: reason))
    }
}
