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
        let directory = path.removingLastComponent()
        try syncDirectory(directory.isEmpty ? "." : directory)
    }

    /// The bytes of a small file, at most `limit`; `nil` when there is no such file.
    package func contents(of path: FilePath, limit: Int = 16 << 20) throws(FileError) -> [UInt8]? {
        let file: File
        do throws(FileError) { file = try open(path, .read) } catch {
            if error.errno == .noSuchFileOrDirectory { return nil }
            throw error
        }
        let size = try file.size()
        guard size <= limit else { throw FileError("read", path, .fileTooLarge) }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        let count = try bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(FileError) in try file.read(into: buffer, at: 0) }
        }.get()
        bytes.removeLast(bytes.count - count)
        return bytes
    }
}
