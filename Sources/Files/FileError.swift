package import SystemPackage

/// A failed file operation: what was tried, on which path, and the kernel's errno.
package struct FileError: Error, Sendable, CustomStringConvertible {
    package var operation: String
    package var path: FilePath
    package var errno: Errno

    package init(_ operation: String, _ path: FilePath, _ errno: Errno) {
        self.operation = operation
        self.path = path
        self.errno = errno
    }

    /// No room (ENOSPC or EDQUOT): the same call can succeed once space is freed.
    package var isOutOfSpace: Bool { errno == .noSpace || errno == .diskQuotaExceeded }
    package var description: String { "\(operation) \(path): \(errno) (errno \(errno.rawValue))" }
}
