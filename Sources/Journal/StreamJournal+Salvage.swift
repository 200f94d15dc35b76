import Files
import Model
package import SystemPackage

extension StreamJournal {
    /// Takes a damaged sealed segment apart, after the landing zone has said that it does not hold it: sound runs become
    /// segments of their own, durable when it returns, and what is between them is named. One that is sound after all comes
    /// back as it is. When it throws, it can be tried again.
    ///
    /// The original stays until ``endSalvage(of:)``, and nothing of this is to land before that: who looks at the journal
    /// then is to find either the damage or, in the ledger, its name.
    package func salvage(_ segment: SealedSegment) throws(JournalError) -> Salvage {
        do throws(FileError) {
            if let made = salvages[segment.path] { return made }
            if try isSound(segment) { return Salvage(sealed: [segment], damages: []) }
            let salvage = try copySound(segment)
            salvages[segment.path] = salvage
            return salvage
        } catch {
            throw JournalError(
                error.isOutOfSpace ? .full : .failed, "a damaged segment could not be salvaged", stream: stream,
                path: segment.path, error)
        }
    }

    /// Sets the original aside. When it throws, it can be tried again, and goes on where it failed.
    package func endSalvage(of segment: SealedSegment) throws(JournalError) {
        guard let salvage = salvages[segment.path] else { return }
        try setAside(segment.path)
        salvages[segment.path] = nil
        heldBytes += salvage.sealed.reduce(-segment.length) { $0 + $1.length }
    }

    /// Moves the original of a rescue away; durable when it returns. When it throws, it can be tried again.
    package func setAside(_ original: FilePath) throws(JournalError) {
        do throws(FileError) {
            try spaceReserve.spending { () throws(FileError) in
                try Salvager(files: files, paths: paths, stream: stream).setAside(original)
            }
        } catch {
            throw JournalError(
                .failed, "a damaged segment could not be set aside", stream: stream, path: original, error)
        }
    }

    /// Whether the file holds what was sealed: then its bytes were damaged on their way only.
    private func isSound(_ segment: SealedSegment) throws(FileError) -> Bool {
        guard let file = try files.openIfThere(segment.path), try file.size() == segment.length else { return false }
        var hash = SHA256()
        var offset: Int64 = 0
        while offset < segment.length {
            let piece = try file.readPiece(at: offset, count: Int(min(1 << 20, segment.length - offset)))
            guard !piece.isEmpty else { return false }
            piece.withUnsafeBytes { hash.update($0) }
            offset += Int64(piece.count)
        }
        return hash.finish() == segment.sha256
    }

    private func copySound(_ segment: SealedSegment) throws(FileError) -> Salvage {
        guard let file = try files.openIfThere(segment.path) else {
            return Salvage(
                sealed: [], damages: [damage(segment, segment.range, "the file of a sealed segment is gone")])
        }
        let reader = SegmentReader<FS>(file, size: try file.size())
        var blocks: [ScannedBlock] = []
        reading: while true {
            switch try reader.next() {
            case .block(let block, _):
                if block.range.end <= segment.range.end { blocks.append(block) }
            case .bad:
                let next = blocks.last?.range.end ?? segment.range.first
                guard
                    try reader.resume(
                        gateway: segment.gateway, incarnation: segment.incarnation, stream: stream, from: next)
                else { break reading }
            case .end: break reading
            }
        }
        let damages = segment.range.gaps(between: blocks.map(\.range)).map {
            damage(segment, $0, "a sealed segment was damaged on disk")
        }
        // Also of sidecars that stand alone: a copy that has landed is being retired still.
        let ordinals = try files.list(paths.directory).compactMap { StreamPaths.parse($0, orSidecar: true) }
            .filter { $0.0 == segment.incarnation }.map { $0.1 }
        var ordinal = StreamPaths.nextSalvagedOrdinal(after: ordinals)
        var salvager = Salvager(files: files, paths: paths, stream: stream)
        let sealed = blocks.isEmpty ? [] : try salvager.copyRuns(of: blocks, from: segment.path, nextOrdinal: &ordinal)
        return Salvage(sealed: sealed, damages: damages)
    }

    private func damage(
        _ segment: SealedSegment, _ range: SequenceRange, _ reason: String
    ) -> RecoveryReport.Damage {
        .init(incarnation: segment.incarnation, range: range, file: segment.path.string, reason: reason)
    }
}
