package import SystemPackage

extension FileSystem {
    /// Replaces a small file as a whole: written beside it, synced, renamed over it, its directory synced. After a crash
    /// at any point the name holds either the old bytes or the new ones.
    package func replace(_ path: FilePath, with bytes: [UInt8]) throws(FileError) {
        guard let name = path.lastComponent else { throw FileError("replace", path, .isDirectory) }
        let temporary = path.removingLastComponent().appending(name.string + ".new")
        if (try? status(temporary)) != nil { try unlink(temporary) }
        let file = try open(temporary, .create)
        try bytes.withUnsafeBytes { buffer in
            Result { () throws(FileError) in try file.write([buffer], at: 0) }
        }.get()
        try file.syncData()
        try rename(temporary, to: path)
        try settle(path)
    }

    /// Makes durable that the file is the one that is there now. A process that was killed may have renamed it into its place and
    /// no more: who acts on what it has found must do this first, or a power cut brings the old one back.
    package func settle(_ path: FilePath) throws(FileError) {
        let directory = path.removingLastComponent()
        try syncDirectory(directory.isEmpty ? "." : directory)
    }

    /// The bytes of a small file, at most `limit`; `nil` when there is no such file.
    package func contents(of path: FilePath, limit: Int = 16 << 20) throws(FileError) -> [UInt8]? {
        guard let file = try openIfThere(path) else { return nil }
        let size = try file.size()
        guard size <= limit else { throw FileError("read", path, .fileTooLarge) }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        let count = try bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(FileError) in try file.read(into: buffer, at: 0) }
        }.get()
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    /// For reading; `nil` when there is no such file. Any other error says nothing of whether there is one.
    package func openIfThere(_ path: FilePath) throws(FileError) -> File? {
        do throws(FileError) { return try open(path, .read) } catch  where error.errno == .noSuchFileOrDirectory {
            return nil
        }
    }

    /// `nil` when there is none of that name. Any other error says nothing of whether there is one.
    package func statusIfThere(_ path: FilePath) throws(FileError) -> FileStatus? {
        do throws(FileError) { return try status(path) } catch  where error.errno == .noSuchFileOrDirectory {
            return nil
        }
    }
}
