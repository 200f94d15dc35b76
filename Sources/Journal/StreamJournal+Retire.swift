import Files
package import Model
import Payload
import SystemPackage

extension StreamJournal {
    /// Forgets a landed segment: its keys are durable in the key log before its files go. When it throws, it can be tried
    /// again, and goes on where it failed.
    ///
    /// A crash in between leaves the segment, which then lands again as "the same" and is retired again.
    package func retire(_ segment: SealedSegment, now: Timestamp) throws(JournalError) {
        do throws(FileError) {
            // Gone already when an earlier try failed behind this point, or lost; that it has landed is to be known all the same.
            let file = try files.openIfThere(segment.path)
            if !recorded.contains(segment.path) {
                let entries = try file.map { file throws(FileError) in try placedEntries(of: segment, in: file) } ?? []
                #if SLUICE_CANARIES
                    if Canary.isOn(.unlinkBeforeKeyLog) {
                        try files.unlink(segment.path)
                        try files.syncDirectory(paths.directory)
                    }
                #endif
                try spaceReserve.spending { () throws(FileError) in
                    try keyLog.append(entries, of: LandedSegment(segment))
                }
                recorded.insert(segment.path)
            }
            if file != nil { try unlinkUnlessGone(segment.path) }
            // The sidecar outlives the segment: alone it is an orphan, but a segment without it would look unsealed.
            try files.syncDirectory(paths.directory)
            try unlinkUnlessGone(segment.path.suffixed(".sealed"))
            recorded.remove(segment.path)
        } catch {
            throw JournalError(
                error.isOutOfSpace ? .full : .failed, "a landed segment could not be retired", stream: stream,
                path: segment.path, error)
        }
        heldBytes -= segment.length
        expireKeys(now: now)
        spaceReserve.restore()
    }

    /// From now on what keys told of earlier lives goes with them, once the idempotency window has ended and these lives have
    /// nothing left here. It is for the owner to say, once the ledger says of these lives how they ended: should this life end
    /// before, the next one has to tell it.
    /// - Parameter untold: lives of which the ledger does not say it.
    package func beginForgetting(untold: Set<Incarnation> = [], now: Timestamp) {
        keptLives = lives.union(untold)
        expireKeys(now: now)
    }

    private func expireKeys(now: Timestamp) {
        // What could not be removed now is removed with the next segment.
        try? spaceReserve.spending { () throws(FileError) in try keyLog.expire(now: now, lives: keptLives) }
    }

    private func placedEntries(
        of segment: SealedSegment, in file: FS.File
    ) throws(FileError) -> [(entry: BatchEntry, first: UInt64)] {
        let reader = SegmentReader<FS>(file, size: segment.length)
        var entries: [(entry: BatchEntry, first: UInt64)] = []
        var next = segment.range.first
        while true {
            switch try reader.next() {
            case .block(let block, _):
                entries += block.header.placedEntries
                next = block.range.end
            case .bad:
                // It has landed whole before it was damaged here: the keys behind the damage are remembered too.
                guard
                    try reader.resume(
                        gateway: segment.gateway, incarnation: segment.incarnation, stream: stream, from: next)
                else { return entries }
            case .end: return entries
            }
        }
    }

    private func unlinkUnlessGone(_ path: FilePath) throws(FileError) {
        #if SLUICE_CANARIES
            if Canary.isOn(.leaveSidecar), path.string.hasSuffix(".sealed") { return }
        #endif
        do throws(FileError) { try files.unlink(path) } catch  where error.errno == .noSuchFileOrDirectory {}
    }
}

extension BlockHeader {
    /// Each batch with the sequence of its first event.
    var placedEntries: [(entry: BatchEntry, first: UInt64)] {
        var first = firstSequence
        return entries.map { entry in
            defer { first += UInt64(entry.accepted) }
            return (entry, first)
        }
    }
}
