package import Files
package import SystemPackage

/// The files of a ``SimulatedDisk``. Paths are absolute; `/` always exists. Errors are those that Linux gives.
package struct SimulatedFileSystem: FileSystem {
    package let disk: SimulatedDisk

    package init(_ disk: SimulatedDisk) { self.disk = disk }

    package func open(_ path: FilePath, _ mode: OpenMode) throws(FileError) -> SimulatedFile {
        let handle = try disk.perform(.open(path, mode)) { (state) throws(Errno) in
            let id: Int
            if mode == .create {
                id = try state.create(path, isDirectory: false)
            } else {
                id = try state.resolve(path)
                if mode == .update, state.inodes[id]!.isDirectory { throw .isDirectory }
            }
            return state.openHandle(on: id)
        }
        return SimulatedFile(disk, path, handle, isWritable: mode != .read)
    }

    package func list(_ directory: FilePath) throws(FileError) -> [String] {
        try disk.perform(.list(directory)) { (state) throws(Errno) in
            state.inodes[try state.resolveDirectory(directory)]!.entries.keys.sorted()
        }
    }

    package func status(_ path: FilePath) throws(FileError) -> FileStatus {
        try disk.perform(.status(path)) { (state) throws(Errno) in
            let inode = state.inodes[try state.resolve(path)]!
            return FileStatus(size: Int64(inode.file.cached.count), isDirectory: inode.isDirectory)
        }
    }

    /// As on Linux, the deepest existing directory's entry is synced too: its maker may have died before doing so.
    package func createDirectories(_ path: FilePath) throws(FileError) {
        guard let parent = SimulatedFileSystem.parent(of: path) else { return }
        do throws(FileError) {
            try makeDirectory(path)
            try syncEntry(ofExisting: parent)
        } catch  where error.errno == .fileExists {
            guard try status(path).isDirectory else { throw FileError("create directory", path, .notDirectory) }
            return try syncEntry(ofExisting: path)
        } catch  where error.errno == .noSuchFileOrDirectory {
            try createDirectories(parent)
            do throws(FileError) { try makeDirectory(path) } catch  where error.errno == .fileExists {
                // Another thread was faster; the sync below holds for both.
            }
        }
        try syncDirectory(parent)
    }

    private func syncEntry(ofExisting directory: FilePath) throws(FileError) {
        if let parent = SimulatedFileSystem.parent(of: directory) { try syncDirectory(parent) }
    }

    /// The directory that holds the path's name; nil for `/`. By hand, as FilePath's own views are slow in debug builds.
    private static func parent(of path: FilePath) -> FilePath? {
        var text = path.string[...]
        while text.utf8.last == UInt8(ascii: "/") { text.removeLast() }
        guard let slash = text.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        return slash == text.startIndex ? "/" : FilePath(String(text[..<slash]))
    }

    private func makeDirectory(_ path: FilePath) throws(FileError) {
        _ = try disk.perform(.makeDirectory(path)) { (state) throws(Errno) in
            try state.create(path, isDirectory: true)
        }
    }

    package func rename(_ from: FilePath, to: FilePath) throws(FileError) {
        try disk.perform(.rename(from, to: to)) { (state) throws(Errno) in try state.rename(from, to: to) }
    }

    package func link(_ existing: FilePath, to new: FilePath) throws(FileError) {
        try disk.perform(.link(existing, to: new)) { (state) throws(Errno) in try state.link(existing, to: new) }
    }

    package func unlink(_ path: FilePath) throws(FileError) {
        try disk.perform(.unlink(path)) { (state) throws(Errno) in try state.unlink(path) }
    }

    /// A failure planned for it leaves the entries pending, unlike that of a file's sync: journaling file systems do
    /// not forget metadata, they go read-only.
    package func syncDirectory(_ path: FilePath) throws(FileError) {
        try disk.perform(.syncDirectory(path)) { (state) throws(Errno) in
            state.syncDirectory(try state.resolveDirectory(path))
        }
    }

    package func freeBytes(_ path: FilePath) throws(FileError) -> Int64 {
        try disk.perform(.freeBytes(path)) { (state) throws(Errno) in
            _ = try state.resolve(path)
            return state.free
        }
    }

    package func lock(_ path: FilePath) throws(FileError) -> SimulatedFile {
        let handle = try disk.perform(.lock(path)) { (state) throws(Errno) in
            let id: Int
            do throws(Errno) {
                id = try state.resolve(path)
            } catch  where error == .noSuchFileOrDirectory {
                id = try state.create(path, isDirectory: false)
            }
            guard !state.inodes[id]!.isDirectory else { throw .isDirectory }
            guard state.locks[id] == nil else { throw .wouldBlock }
            let handle = state.openHandle(on: id)
            state.locks[id] = handle.id
            return handle
        }
        return SimulatedFile(disk, path, handle, isWritable: true)
    }
}
