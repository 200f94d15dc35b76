import Files
import Model
import SystemPackage

extension OpenFile {
    func writeAll(_ bytes: [UInt8], at offset: Int64) throws(FileError) {
        try bytes.withUnsafeBytes { buffer in
            Result { () throws(FileError) in try write([buffer], at: offset) }
        }.get()
    }

    /// At most `count` bytes; fewer only at the end.
    func readPiece(at offset: Int64, count: Int) throws(FileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let read = try bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(FileError) in try self.read(into: buffer, at: offset) }
        }.get()
        bytes.removeLast(count - read)
        return bytes
    }
}

extension FileSystem {
    /// A new file in place of what an earlier try may have left.
    func createAnew(_ path: FilePath) throws(FileError) -> File {
        if (try? status(path)) != nil { try unlink(path) }
        return try open(path, .create)
    }

    /// Writes `<segment>.sealed`; durable when it returns.
    func writeSidecar(for segment: SealedSegment, stream: StreamName, in paths: StreamPaths) throws(FileError) {
        let temporary = segment.path.suffixed(".sealing")
        let file = try createAnew(temporary)
        try file.writeAll(Sidecar(segment, stream: stream).encoded(), at: 0)
        try file.syncData()
        try rename(temporary, to: segment.path.suffixed(".sealed"))
        try syncDirectory(paths.directory)
    }
}
