package import Files
package import SystemPackage

/// One call on a simulated disk, as a fault plan sees it.
package enum DiskOperation: Sendable, CustomStringConvertible {
    case open(FilePath, OpenMode)
    case list(FilePath)
    case status(FilePath)
    /// One new directory; creating several levels is several operations.
    case makeDirectory(FilePath)
    case rename(FilePath, to: FilePath)
    case link(FilePath, to: FilePath)
    case unlink(FilePath)
    case syncDirectory(FilePath)
    case freeBytes(FilePath)
    case lock(FilePath)
    case write(FilePath, offset: Int64, count: Int)
    case read(FilePath, offset: Int64, count: Int)
    case syncData(FilePath)
    case truncate(FilePath, size: Int64)
    case reserve(FilePath, offset: Int64, count: Int64)
    case releaseReserve(FilePath, size: Int64)
    case size(FilePath)

    /// The path that is worked on; of two, the existing one.
    package var path: FilePath {
        switch self {
        case .open(let path, _), .list(let path), .status(let path), .makeDirectory(let path), .rename(let path, _),
            .link(let path, _), .unlink(let path), .syncDirectory(let path), .freeBytes(let path), .lock(let path),
            .write(let path, _, _), .read(let path, _, _), .syncData(let path), .truncate(let path, _),
            .reserve(let path, _, _), .releaseReserve(let path, _), .size(let path):
            path
        }
    }

    /// The word in a ``FileError``.
    package var name: String {
        switch self {
        case .open: "open"
        case .list: "list"
        case .status: "status"
        case .makeDirectory: "create directory"
        case .rename: "rename"
        case .link: "link"
        case .unlink: "unlink"
        case .syncDirectory: "sync directory"
        case .freeBytes: "free bytes"
        case .lock: "lock"
        case .write: "write"
        case .read: "read"
        case .syncData: "fdatasync"
        case .truncate: "truncate"
        case .reserve: "reserve"
        case .releaseReserve: "release reserve"
        case .size: "size"
        }
    }

    /// `fdatasync /journal/audit/…`.
    package var description: String { "\(name) \(path)" }

    /// Changes the disk or makes changes durable: what a power cut is counted in.
    package var isChange: Bool {
        switch self {
        case .open(_, let mode): mode == .create
        case .list, .status, .freeBytes, .read, .size: false
        case .makeDirectory, .rename, .link, .unlink, .syncDirectory, .lock, .write, .syncData, .truncate, .reserve,
            .releaseReserve:
            true
        }
    }

    /// Makes changes durable.
    package var isSync: Bool {
        switch self {
        case .syncDirectory, .syncData: true
        default: false
        }
    }
}
