import Glibc
package import SystemPackage

/// The machine's files, by plain blocking system calls on the caller's thread.
///
/// Descriptors are close-on-exec. New files have mode 0640 and new directories 0750, less the umask.
package struct LinuxFileSystem: FileSystem {
    package init() {}

    package func open(_ path: FilePath, _ mode: OpenMode) throws(FileError) -> LinuxFile {
        switch mode {
        case .read: try open(path, O_RDONLY)
        case .update: try open(path, O_RDWR)
        case .create: try open(path, O_RDWR | O_CREAT | O_EXCL)
        }
    }

    package func list(_ directory: FilePath) throws(FileError) -> [String] {
        let descriptor = try openDescriptor(directory, O_RDONLY | O_DIRECTORY, "list")
        guard let stream = fdopendir(descriptor) else {
            let code = Glibc.errno
            _ = Glibc.close(descriptor)
            throw FileError("list", directory, Errno(rawValue: code))
        }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            // The end and an error both answer null; only errno tells them apart.
            Glibc.errno = 0
            guard let entry = readdir(stream) else { break }
            // SAFETY: d_name is NUL-terminated inside the record that readdir returned, valid until the next call.
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
            }
            if name != "." && name != ".." { names.append(name) }
        }
        if Glibc.errno != 0 { throw FileError("list", directory, Errno(rawValue: Glibc.errno)) }
        return names.sorted()
    }

    package func status(_ path: FilePath) throws(FileError) -> FileStatus {
        var status = stat()
        try systemCall("status", path) { path.withPlatformString { Int(stat($0, &status)) } }
        return FileStatus(size: Int64(status.st_size), isDirectory: status.st_mode & S_IFMT == S_IFDIR)
    }

    package func createDirectories(_ path: FilePath) throws(FileError) {
        guard path.lastComponent != nil else { return }
        let parent = containing(path)
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

    /// Whoever made the deepest existing directory may have died before syncing its entry. The ones above it are
    /// synced: each was before the next was made.
    private func syncEntry(ofExisting directory: FilePath) throws(FileError) {
        guard directory.lastComponent != nil else { return }
        do throws(FileError) {
            try syncDirectory(containing(directory))
        } catch  where error.errno == .permissionDenied || error.errno == .invalidArgument {
            // A directory that we may pass but not open, or that can't be synced: not one in which we made another.
        }
    }

    package func rename(_ from: FilePath, to: FilePath) throws(FileError) {
        try systemCall("rename", from) {
            from.withPlatformString { from in to.withPlatformString { Int(Glibc.rename(from, $0)) } }
        }
    }

    package func link(_ existing: FilePath, to new: FilePath) throws(FileError) {
        try systemCall("link", new) {
            existing.withPlatformString { existing in new.withPlatformString { Int(Glibc.link(existing, $0)) } }
        }
    }

    package func unlink(_ path: FilePath) throws(FileError) {
        try systemCall("unlink", path) { path.withPlatformString { Int(Glibc.unlink($0)) } }
    }

    package func syncDirectory(_ path: FilePath) throws(FileError) {
        let descriptor = try openDescriptor(path, O_RDONLY | O_DIRECTORY, "sync directory")
        defer { _ = Glibc.close(descriptor) }
        try callOnce("sync directory", path) { fsync(descriptor) }
    }

    package func freeBytes(_ path: FilePath) throws(FileError) -> Int64 {
        var volume = statvfs()
        try systemCall("free bytes", path) { path.withPlatformString { Int(statvfs($0, &volume)) } }
        let (bytes, overflow) = Int64(clamping: volume.f_bavail)
            .multipliedReportingOverflow(by: Int64(clamping: volume.f_frsize))
        return overflow ? .max : bytes
    }

    package func lock(_ path: FilePath) throws(FileError) -> LinuxFile {
        let file = try open(path, O_RDWR | O_CREAT)
        try file.lock()
        return file
    }

    private func open(_ path: FilePath, _ flags: Int32) throws(FileError) -> LinuxFile {
        LinuxFile(owning: try openDescriptor(path, flags, "open"), path: path)
    }

    private func openDescriptor(_ path: FilePath, _ flags: Int32, _ operation: String) throws(FileError) -> Int32 {
        let descriptor = try systemCall(operation, path) {
            path.withPlatformString { Int(Glibc.open($0, flags | O_CLOEXEC, mode_t(0o640))) }
        }
        return Int32(descriptor)
    }

    private func makeDirectory(_ path: FilePath) throws(FileError) {
        try systemCall("create directory", path) { path.withPlatformString { Int(mkdir($0, mode_t(0o750))) } }
    }
}

/// The directory that holds the path; `.` for a bare name.
private func containing(_ path: FilePath) -> FilePath {
    let parent = path.removingLastComponent()
    return parent.isEmpty ? "." : parent
}
