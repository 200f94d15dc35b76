import Files
import Model
import Payload
import SystemPackage

/// Copies the sound runs of a damaged segment into segments of their own, and puts the original aside.
struct Salvager<FS: FileSystem> {
    let files: FS
    let paths: StreamPaths
    let stream: StreamName

    /// One sealed segment per run of contiguous sequences.
    mutating func copyRuns(
        of blocks: [ScannedBlock], from path: FilePath, nextOrdinal: inout UInt64
    ) throws(FileError) -> [SealedSegment] {
        let source = try files.open(path, .read)
        var sealed: [SealedSegment] = []
        var start = 0
        do throws(FileError) {
            for index in blocks.indices.dropFirst() + [blocks.count]
            where index == blocks.count || blocks[index].range.first != blocks[index - 1].range.end {
                sealed.append(try copy(blocks[start..<index], from: source, ordinal: nextOrdinal))
                nextOrdinal += 1
                start = index
            }
        } catch {
            // A full disk must not stay full of them; the next try makes them again.
            for copy in sealed { remove(copy.path) }
            remove(paths.segment(blocks[start].header.incarnation, nextOrdinal))
            throw error
        }
        return sealed
    }

    /// As far as that goes: what stays is known as redundant at the next start.
    private func remove(_ copy: FilePath) {
        try? files.unlink(copy.suffixed(".rescue"))
        try? files.unlink(copy)
        try? files.syncDirectory(paths.directory)
        try? files.unlink(copy.suffixed(".sealed"))
    }

    private func copy(
        _ blocks: ArraySlice<ScannedBlock>, from source: FS.File, ordinal: UInt64
    ) throws(FileError) -> SealedSegment {
        let identity = blocks.first!.header
        let path = paths.segment(identity.incarnation, ordinal)
        let temporary = path.suffixed(".rescue")
        let file = try files.createAnew(temporary)
        var totals = SegmentTotals(first: identity)
        for block in blocks {
            let bytes = try source.readPiece(at: block.offset, count: block.length)
            try file.writeAll(bytes, at: totals.length)
            bytes.withUnsafeBytes { totals.add(block.header, $0) }
        }
        try file.syncData()
        let sealed = totals.sealed(path: path, ordinal: ordinal, identity: identity)
        // The sidecar is durable first: a copy without one would look like an unsealed segment of its own.
        try files.writeSidecar(for: sealed, stream: stream, in: paths)
        try files.rename(temporary, to: path)
        try files.syncDirectory(paths.directory)
        return sealed
    }

    /// Moves a segment, and its sidecar, to `damaged/<stream>/`, for people to look at. What an earlier try has moved is
    /// no error.
    func setAside(_ path: FilePath) throws(FileError) {
        try files.createDirectories(paths.damaged)
        for path in [path, path.suffixed(".sealed")] {
            let place = paths.damaged.child(String(path.string.split(separator: "/").last!))
            do throws(FileError) {
                try files.rename(path, to: place)
            } catch  where error.errno == .noSuchFileOrDirectory {}
        }
        try files.syncDirectory(paths.damaged)
        try files.syncDirectory(paths.directory)
    }
}
