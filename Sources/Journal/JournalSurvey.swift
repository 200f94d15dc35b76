package import Files
package import Model
package import Payload
package import SystemPackage

/// Looks at a journal directory without changing it or taking its lock; a gateway may be running on it.
package struct JournalSurvey<FS: FileSystem> {
    /// One segment file as it stands.
    package struct Segment: Sendable {
        package var stream: StreamName
        package var path: FilePath
        package var sealed: Bool
        package var size: Int64
        package var blocks = 0
        package var batches = 0
        package var events: UInt64 = 0
        package var incarnation: Incarnation?
        package var first: UInt64?
        package var end: UInt64?
        /// What is wrong, in words; a torn tail of an open segment is not.
        package var faults: [String] = []
        /// Bytes behind the last sound block.
        package var tailBytes: Int64 = 0
    }

    /// One key log file as it stands.
    package struct KeyLogFile: Sendable {
        package var stream: StreamName
        package var path: FilePath
        package var size: Int64
        package var batches = 0
        package var damages: [KeyDamage] = []
    }

    private let files: FS
    private let directory: FilePath

    package init(files: FS, directory: FilePath) {
        self.files = files
        self.directory = directory
    }

    /// Every segment of every stream, or of one. `onBlock` gets each sound block and its bytes.
    package func segments(
        of only: StreamName? = nil,
        onBlock: (StreamName, BlockHeader, UnsafeRawBufferPointer) throws -> Void = { _, _, _ in }
    ) throws -> [Segment] {
        var found: [Segment] = []
        for (stream, folder) in try streams(only) {
            for file in try files.list(folder) where StreamPaths.parse(file) != nil {
                do {
                    found.append(try read(folder.child(file), stream, onBlock))
                } catch let error as FileError where error.errno == .noSuchFileOrDirectory {
                    continue  // Retired while we looked.
                }
            }
        }
        return found
    }

    /// Every key log file of every stream, or of one.
    package func keyLogs(of only: StreamName? = nil) throws -> [KeyLogFile] {
        var found: [KeyLogFile] = []
        for (stream, folder) in try streams(only)
        where try files.statusIfThere(folder.child("keys"))?.isDirectory == true {
            if let damaged = try damagedRetired(folder.child("keys"), stream) { found.append(damaged) }
            for (path, _) in try KeyLog.files(in: folder.child("keys"), files) {
                do {
                    found.append(try read(path, stream))
                } catch let error as FileError where error.errno == .noSuchFileOrDirectory {
                    continue  // Expired while we looked.
                }
            }
        }
        return found
    }

    private func damagedRetired(_ keys: FilePath, _ stream: StreamName) throws -> KeyLogFile? {
        let path = keys.appending("retired")
        switch try RetiredDocument.find(path, in: files) {
        case .ranges: return nil
        case .damaged(let damage), .later(let damage):
            return KeyLogFile(stream: stream, path: path, size: damage.bytes, damages: [damage])
        }
    }

    private func streams(_ only: StreamName?) throws(FileError) -> [(StreamName, FilePath)] {
        var found: [(StreamName, FilePath)] = []
        for name in try files.list(directory) {
            guard let stream = StreamName(name), name != "damaged", only == nil || only == stream,
                try files.status(directory.child(name)).isDirectory
            else { continue }
            found.append((stream, directory.child(name)))
        }
        return found
    }

    private func read(_ path: FilePath, _ stream: StreamName) throws -> KeyLogFile {
        var reader = try KeyLogReader(path, in: files)
        var found = KeyLogFile(stream: stream, path: path, size: try files.status(path).size)
        while true {
            switch try reader.next() {
            case .record(let record): found.batches += record.batches.count
            case .bad(let damage): found.damages.append(damage)
            case .end: return found
            }
        }
    }

    private func read(
        _ path: FilePath, _ stream: StreamName,
        _ onBlock: (StreamName, BlockHeader, UnsafeRawBufferPointer) throws -> Void
    ) throws -> Segment {
        let file = try files.open(path, .read)
        let size = try file.size()
        var segment = Segment(stream: stream, path: path, sealed: true, size: size)
        var sidecar: FS.File?
        do {
            sidecar = try files.openIfThere(path.suffixed(".sealed"))
            segment.sealed = sidecar != nil
        } catch { segment.faults.append("its sidecar can't be read: \(error)") }
        let reader = SegmentReader<FS>(file, size: size)
        while true {
            switch try reader.next() {
            case .end:
                try compare(&segment, sidecar)
                return segment
            case .block(let block, let bytes):
                if let end = segment.end, end != block.range.first {
                    segment.faults.append("sequences \(end) to \(block.range.first) are missing")
                }
                if block.header.stream != stream { segment.faults.append("a block of stream \(block.header.stream)") }
                segment.incarnation = block.header.incarnation
                segment.first = segment.first ?? block.range.first
                segment.end = block.range.end
                segment.blocks += 1
                segment.batches += block.header.entries.count
                segment.events += block.range.count
                try onBlock(stream, block.header, bytes)
            case .bad(let offset, let error):
                guard let incarnation = segment.incarnation ?? StreamPaths.parse(path.lastComponent?.string ?? "")?.0,
                    let gateway = try anyGateway(in: file, size),
                    try reader.resume(
                        gateway: gateway, incarnation: incarnation, stream: stream, from: segment.end ?? 0)
                else {
                    segment.tailBytes = size - offset
                    if case .unknownVersion = error {
                        segment.faults.append("byte \(offset): \(error)")
                    } else if segment.sealed {
                        segment.faults.append("byte \(offset): \(error)")
                    }
                    try compare(&segment, sidecar)
                    return segment
                }
                segment.faults.append("byte \(offset): \(error)")
            }
        }
    }

    private func compare(_ segment: inout Segment, _ sidecar: FS.File?) throws {
        guard let sidecar else { return }
        guard let stated = Sidecar.decode(try sidecar.readPiece(at: 0, count: 1 << 16)) else {
            segment.faults.append("its sidecar is damaged")
            return
        }
        if stated.bytes != segment.size || stated.events != segment.events {
            segment.faults.append(
                "it has \(segment.size) bytes and \(segment.events) events; its sidecar says \(stated.bytes) and \(stated.events)"
            )
        }
    }

    /// The gateway that the first readable header names.
    private func anyGateway(in file: FS.File, _ size: Int64) throws -> GatewayName? {
        let start = try file.readPiece(at: 0, count: Int(min(size, Int64(BlockHeader.maxEncodedBytes))))
        return try? Block.readHeader(start).gateway
    }
}
