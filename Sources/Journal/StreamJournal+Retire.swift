import Files
package import Model
import Payload
import SystemPackage

extension StreamJournal {
    /// Forgets a landed segment: its keys are durable in the key log before its files go.
    ///
    /// A crash in between leaves the segment, which then lands again as "the same" and is retired again.
    package func retire(_ segment: SealedSegment, now: Timestamp) throws(JournalError) {
        do throws(FileError) {
            let file = try files.open(segment.path, .read)
            let reader = SegmentReader<FS>(file, size: segment.length)
            var entries: [(entry: BatchEntry, first: UInt64)] = []
            var next = segment.range.first
            reading: while true {
                switch try reader.next() {
                case .block(let block, _):
                    entries += block.header.placedEntries
                    next = block.range.end
                case .bad:
                    // It has landed whole before it was damaged here: the keys behind the damage are remembered too.
                    guard
                        try reader.resume(
                            gateway: segment.gateway, incarnation: segment.incarnation, stream: stream, from: next)
                    else { break reading }
                case .end: break reading
                }
            }
            #if SLUICE_CANARIES
                if Canary.isOn(.unlinkBeforeKeyLog) {
                    try files.unlink(segment.path)
                    try files.syncDirectory(paths.directory)
                    try keyLog.append(entries, of: LandedSegment(segment))
                    try files.unlink(segment.path.suffixed(".sealed"))
                    heldBytes -= segment.length
                    return
                }
            #endif
            try spaceReserve.spending { () throws(FileError) in
                try keyLog.append(entries, of: LandedSegment(segment))
            }
            try files.unlink(segment.path)
            // The sidecar outlives the segment: alone it is an orphan, but a segment without it would look unsealed.
            try files.syncDirectory(paths.directory)
            try files.unlink(segment.path.suffixed(".sealed"))
            heldBytes -= segment.length
            try keyLog.expire(now: now)
            spaceReserve.restore()
        } catch {
            // A second try finds the segment already gone.
            if error.errno == .noSuchFileOrDirectory { return }
            throw JournalError(
                error.isOutOfSpace ? .full : .failed, "a landed segment could not be retired", stream: stream,
                path: segment.path, error)
        }
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
