internal import Glibc
package import SystemPackage

/// The file system of this machine.
package struct LinuxFileSystem: FileSystem {
    package init() {}

    package func open(_ path: FilePath, _ mode: OpenMode) throws(FileError) -> LinuxFile {
        let flags: CInt =
            switch mode {
            case .read: O_RDONLY
            case .update: O_RDWR
            case .create: O_RDWR | O_CREAT | O_EXCL
            }
        return try descriptor(path, "open", flags)
    }

    package func list(_ directory: FilePath) throws(FileError) -> [String] {
        guard let stream = opendir(directory.string) else { throw failure("list", directory) }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw failure("list", directory) }
                return names.sorted()
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
    }

    package func status(_ path: FilePath) throws(FileError) -> FileStatus {
        var status = stat()
        guard stat(path.string, &status) == 0 else { throw failure("status", path) }
        return FileStatus(size: Int64(status.st_size), isDirectory: status.st_mode & S_IFMT == S_IFDIR)
    }

    package func createDirectories(_ path: FilePath) throws(FileError) {
        if mkdir(path.string, 0o755) == 0 {
            let parent = path.removingLastComponent()
            try syncDirectory(parent.isEmpty ? "." : parent)
            return
        }
        if errno == ENOENT, !path.removingLastComponent().isEmpty {
            try createDirectories(path.removingLastComponent())
            return try createDirectories(path)
        }
        let reason = Errno(rawValue: errno)
        guard reason == .fileExists, try status(path).isDirectory else {
            throw FileError("create directory", path, reason)
        }
    }

    package func rename(_ from: FilePath, to: FilePath) throws(FileError) {
        guard Glibc.rename(from.string, to.string) == 0 else { throw failure("rename", from) }
    }

    package func link(_ existing: FilePath, to new: FilePath) throws(FileError) {
        guard Glibc.link(existing.string, new.string) == 0 else { throw failure("link", new) }
    }

    package func unlink(_ path: FilePath) throws(FileError) {
        guard Glibc.unlink(path.string) == 0 else { throw failure("unlink", path) }
    }

    package func syncDirectory(_ path: FilePath) throws(FileError) {
        let directory = try descriptor(path, "open directory", O_RDONLY | O_DIRECTORY)
        guard fsync(directory.descriptor) == 0 else { throw failure("sync directory", path) }
    }

    package func freeBytes(_ path: FilePath) throws(FileError) -> Int64 {
        var volume = statvfs()
        guard statvfs(path.string, &volume) == 0 else { throw failure("free space", path) }
        return Int64(volume.f_bavail) * Int64(volume.f_frsize)
    }

    package func lock(_ path: FilePath) throws(FileError) -> LinuxFile {
        let file = try descriptor(path, "open", O_RDWR | O_CREAT)
        guard flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 else { throw failure("lock", path) }
        return file
    }

    private func descriptor(_ path: FilePath, _ operation: String, _ flags: CInt) throws(FileError) -> LinuxFile {
        while true {
            let descriptor = Glibc.open(path.string, flags | O_CLOEXEC, 0o644)
            if descriptor >= 0 { return LinuxFile(descriptor: descriptor, path: path) }
            if errno != EINTR { throw failure(operation, path) }
        }
    }

    private func failure(_ operation: String, _ path: FilePath) -> FileError {
        FileError(operation, path, Errno(rawValue: errno))
    }
}
