package import Files
package import Model
import Payload
import SystemPackage

/// One stream's journal: appends by group commit, seals, retires. Single-owner and synchronous; one thread drives it.
///
/// At most one segment is unsealed at any time: the next one is created only once the sidecar of the last is durable.
/// After a failed write or sync a segment is poisoned: never written or synced again. Its durable blocks are copied
/// to a fresh file when it is sealed, so that nothing that may have been half-written can come back.
package final class StreamJournal<FS: FileSystem> {
    struct Active {
        var file: FS.File
        var path: FilePath
        var ordinal: UInt64
        var totals: SegmentTotals?
        /// Where the next block goes.
        var end: Int64 = 0
        var reservedTo: Int64 = 0
        var began: MonotonicInstant
        var poisoned = false
        /// A seal was tried and failed: its sidecar may be on disk all the same, so the segment takes no more blocks.
        var sealing = false
    }

    let files: FS
    let paths: StreamPaths
    let configuration: JournalConfiguration
    package let stream: StreamName
    package let gateway: GatewayName
    package let incarnation: Incarnation
    var active: Active?
    /// The sequence that the next event gets; everything below it is durable.
    package private(set) var nextSequence: UInt64 = 0
    var nextOrdinal: UInt64 = 0
    private var chain: UInt32 = 0
    private var sealed: [SealedSegment] = []
    /// Of damaged segments that are not set aside yet.
    var salvages: [FilePath: Salvage] = [:]
    /// Bytes of segments that are not retired, the open one included.
    package internal(set) var heldBytes: Int64
    var keyLog: KeyLog<FS>
    let spaceReserve: SpaceReserve<FS>
    /// That may have segments here: this one, and those that recovery found.
    let lives: Set<Incarnation>
    /// Segments whose keys are in the key log, and which are not gone yet.
    var recorded: Set<FilePath> = []
    /// Of which it stays known what has landed when the window of their keys ends; `nil` until ``beginForgetting(untold:now:)``:
    /// of all.
    var keptLives: Set<Incarnation>?

    init(
        files: FS, paths: StreamPaths, configuration: JournalConfiguration, stream: StreamName, gateway: GatewayName,
        incarnation: Incarnation, keyLog: KeyLog<FS>, reserve: SpaceReserve<FS>, lives: Set<Incarnation>,
        heldBytes: Int64
    ) {
        self.heldBytes = heldBytes
        self.files = files
        self.paths = paths
        self.configuration = configuration
        self.stream = stream
        self.gateway = gateway
        self.incarnation = incarnation
        self.keyLog = keyLog
        spaceReserve = reserve
        self.lives = lives
    }

    /// When the open segment must be sealed by age; at once when it is full or poisoned; `nil` when nothing is open.
    package var sealDueAt: MonotonicInstant? {
        guard let active, active.totals != nil else { return nil }
        if active.poisoned || active.sealing || active.end >= configuration.segmentMaxBytes {
            return MonotonicInstant(nanoseconds: .min)
        }
        #if SLUICE_CANARIES
            if Canary.isOn(.rollLate) { return active.began + configuration.segmentMaxAge * 3 }
        #endif
        return active.began + configuration.segmentMaxAge
    }

    /// Whether a seal has begun and failed: it is tried again before anything else is written.
    package var isStuck: Bool { active?.sealing ?? false }

    /// What the open segment holds so far; `nil` when it holds nothing.
    package var openTotals: SegmentTotals? { active?.totals }

    /// Writes the batches and makes them durable with one sync per block, which nearly always is one; all of them or,
    /// as far as the caller may say, none.
    ///
    /// When it throws, nothing is acknowledged: the batches may survive a crash all the same, but their sequences are
    /// given again only after the file that holds them is out of the way.
    /// - Returns: each batch's sequences, in order; durable.
    package func append(
        _ batches: [EncodedBatch], monotonic: MonotonicInstant
    ) throws(JournalError) -> [SequenceRange] {
        if let active, active.poisoned || active.sealing { try seal() }
        if active == nil { active = try createSegment(monotonic) }
        guard var segment = active else { preconditionFailure("a segment was just created") }
        var blocks: [(header: BlockHeader, bytes: [UInt8])] = []
        var ranges: [SequenceRange] = []
        var sequence = nextSequence
        var link = chain
        for group in StreamJournal.groups(batches) {
            let builder = BlockBuilder(
                Array(group), gateway: gateway, incarnation: incarnation, stream: stream, firstSequence: sequence,
                chain: link)
            for batch in group {
                ranges.append(SequenceRange(first: sequence, count: UInt64(batch.entry.accepted)))
                sequence += UInt64(batch.entry.accepted)
            }
            link = builder.payloadChecksum
            blocks.append((builder.header, builder.bytes()))
        }
        try reserve(blocks.reduce(0) { $0 + Int64($1.bytes.count) }, in: &segment)
        active = segment
        do throws(FileError) {
            var offset = segment.end
            for block in blocks {
                // A block is written only once the one before it is durable, so that a torn block with a sound one
                // after it is always damage and never a write that nobody was told of. Groups of more than one block
                // are rare.
                try segment.file.writeAll(block.bytes, at: offset)
                #if SLUICE_CANARIES
                    if Canary.isOn(.acknowledgeBeforeSync) {
                        offset += Int64(block.bytes.count)
                        continue
                    }
                    if Canary.isOn(.syncAgain), (try? segment.file.syncData()) != nil {
                        offset += Int64(block.bytes.count)
                        continue
                    }
                #endif
                try segment.file.syncData()
                offset += Int64(block.bytes.count)
            }
            segment.end = offset
        } catch {
            active?.poisoned = true
            throw JournalError(
                error.isOutOfSpace ? .full : .failed, "the segment could not be written and is closed", stream: stream,
                path: segment.path, error)
        }
        for block in blocks {
            if segment.totals == nil { segment.totals = SegmentTotals(first: block.header) }
            block.bytes.withUnsafeBytes { segment.totals!.add(block.header, $0) }
        }
        active = segment
        heldBytes += blocks.reduce(0) { $0 + Int64($1.bytes.count) }
        nextSequence = sequence
        chain = link
        return ranges
    }

    /// Seals the open segment, if it holds anything. It is then in ``takeSealed()``.
    package func seal() throws(JournalError) {
        guard let segment = active else { return }
        guard let totals = segment.totals else {
            if segment.poisoned {
                // It holds nothing that was acknowledged. Recovery knows it as superseded if the unlink is not durable.
                try? files.unlink(segment.path)
                active = nil
            }
            return
        }
        active?.sealing = true
        do throws(FileError) {
            if segment.poisoned {
                try rescue(segment, totals)
            } else {
                try? segment.file.releaseReserve(beyond: segment.end)
            }
            let result = SealedSegment(
                path: segment.path,
                objectName: SealedSegment.objectName(
                    stream, gateway, incarnation, totals.range, firstArrival: totals.firstArrival),
                length: totals.length, sha256: totals.sha256, gateway: gateway, incarnation: incarnation,
                ordinal: segment.ordinal, range: totals.range, batches: totals.batches,
                uncompressed: totals.uncompressed, received: totals.received, eventTimes: totals.eventTimes)
            try spaceReserve.spending { () throws(FileError) in
                try files.writeSidecar(for: result, stream: stream, in: paths)
            }
            sealed.append(result)
            active = nil
        } catch {
            throw JournalError(
                error.isOutOfSpace ? .full : .failed, "the segment could not be sealed", stream: stream,
                path: segment.path, error)
        }
    }

    /// Segments sealed since the last call, oldest first, ready to land.
    package func takeSealed() -> [SealedSegment] {
        defer { sealed = [] }
        return sealed
    }

    /// Copies the durable blocks of a poisoned segment to a fresh, synced file under the same name.
    private func rescue(_ segment: Active, _ totals: SegmentTotals) throws(FileError) {
        let copy = segment.path.suffixed(".rescue")
        do throws(FileError) { try copyDurable(of: segment, totals, to: copy) } catch {
            // A full disk must not stay full of it.
            try? files.unlink(copy)
            throw error
        }
        try files.rename(copy, to: segment.path)
        try files.syncDirectory(paths.directory)
    }

    private func copyDurable(of segment: Active, _ totals: SegmentTotals, to copy: FilePath) throws(FileError) {
        let file = try files.createAnew(copy)
        var hash = SHA256()
        var offset: Int64 = 0
        while offset < totals.length {
            let piece = try segment.file.readPiece(at: offset, count: Int(min(1 << 20, totals.length - offset)))
            guard !piece.isEmpty else { break }
            piece.withUnsafeBytes { hash.update($0) }
            try file.writeAll(piece, at: offset)
            offset += Int64(piece.count)
        }
        guard hash.finish() == totals.sha256 else { throw FileError("re-read", segment.path, .ioError) }
        try file.syncData()
    }

    private func createSegment(_ now: MonotonicInstant) throws(JournalError) -> Active {
        let path = paths.segment(incarnation, nextOrdinal)
        do throws(FileError) {
            let file = try files.open(path, .create)
            #if SLUICE_CANARIES
                if Canary.isOn(.forgetDirectorySync) {
                    defer { nextOrdinal += 1 }
                    return Active(file: file, path: path, ordinal: nextOrdinal, began: now)
                }
            #endif
            do throws(FileError) { try files.syncDirectory(paths.directory) } catch {
                try? files.unlink(path)
                throw error
            }
            defer { nextOrdinal += 1 }
            return Active(file: file, path: path, ordinal: nextOrdinal, began: now)
        } catch {
            nextOrdinal += 1
            throw JournalError(
                error.isOutOfSpace ? .full : .failed, "a new segment could not be created", stream: stream, path: path,
                error)
        }
    }

    /// Makes sure that `count` bytes can be written without running out of space in the middle.
    private func reserve(_ count: Int64, in segment: inout Active) throws(JournalError) {
        let wanted = segment.end + count
        guard wanted > segment.reservedTo else { return }
        for step in [configuration.reserveStepBytes, 0] {
            let end = wanted + step
            do throws(FileError) {
                try segment.file.reserve(from: segment.end, count: end - segment.end)
                segment.reservedTo = end
                return
            } catch {
                if error.isOutOfSpace, step > 0 { continue }
                throw JournalError(
                    error.isOutOfSpace ? .full : .failed, "no space for the batch; nothing was written",
                    stream: stream, path: segment.path, error)
            }
        }
    }

    /// Cuts a group where a block's header or size would be full.
    private static func groups(_ batches: [EncodedBatch]) -> [ArraySlice<EncodedBatch>] {
        var groups: [ArraySlice<EncodedBatch>] = []
        var start = batches.startIndex
        var headerBytes = BlockHeader.fixedBytes
        var textBytes = 0
        for index in batches.indices {
            let entry = BlockHeader.encodedCount(batches[index].entry)
            let text = batches[index].uncompressedCount
            if index > start,
                headerBytes + entry > BlockHeader.maxPayloadBytes
                    || textBytes + text > BlockBuilder.maxUncompressedBytes
            {
                groups.append(batches[start..<index])
                start = index
                headerBytes = BlockHeader.fixedBytes
                textBytes = 0
            }
            headerBytes += entry
            textBytes += text
        }
        if start < batches.endIndex { groups.append(batches[start...]) }
        return groups
    }
}
