package import SystemPackage

/// The files below one root, as the journal and the directory store use them: the real ones in production, a simulated
/// disk in tests. Every call is complete (short writes and EINTR are looped) or throws.
///
/// Nothing is durable until the sync calls say so: a file's bytes after ``OpenFile/syncData()``, its directory entry
/// after ``syncDirectory(_:)``.
package protocol FileSystem: Sendable {
    associatedtype File: OpenFile

    func open(_ path: FilePath, _ mode: OpenMode) throws(FileError) -> File
    /// Names in a directory, sorted; without `.` and `..`.
    func list(_ directory: FilePath) throws(FileError) -> [String]
    func status(_ path: FilePath) throws(FileError) -> FileStatus
    /// Creates the directory and its missing parents, syncing each parent; existing ones are fine.
    func createDirectories(_ path: FilePath) throws(FileError)
    /// Replaces `to` atomically.
    func rename(_ from: FilePath, to: FilePath) throws(FileError)
    /// A second name for the same file; `EEXIST` when the name is taken, `EXDEV` on another volume.
    func link(_ existing: FilePath, to new: FilePath) throws(FileError)
    func unlink(_ path: FilePath) throws(FileError)
    /// Makes creations, renames, links and unlinks in this directory durable.
    func syncDirectory(_ path: FilePath) throws(FileError)
    /// Bytes free for this process on the volume that holds the path.
    func freeBytes(_ path: FilePath) throws(FileError) -> Int64
    /// Takes an exclusive advisory lock that lasts as long as the returned file; `EWOULDBLOCK` when another holds it.
    func lock(_ path: FilePath) throws(FileError) -> File
}

package enum OpenMode: Sendable {
    /// An existing file, for reading.
    case read
    /// An existing file, for reading and writing.
    case update
    /// A new file, for reading and writing; `EEXIST` when the name is taken.
    case create
}

package struct FileStatus: Sendable, Equatable {
    package var size: Int64
    package var isDirectory: Bool
    package init(size: Int64, isDirectory: Bool) {
        self.size = size
        self.isDirectory = isDirectory
    }
}

/// An owned descriptor; `deinit` closes it. (A class: Swift 6.3 has no noncopyable associated types.)
package protocol OpenFile: AnyObject, Sendable {
    /// Writes all buffers, in order, at the offset (pwritev, looped to completion). Not durable before ``syncData()``.
    func write(_ buffers: [UnsafeRawBufferPointer], at offset: Int64) throws(FileError)
    /// Reads until the buffer is full or the file ends; returns the bytes read.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(FileError) -> Int
    /// fdatasync(2): the bytes and the size are on stable storage when it returns. Never call it again after it failed.
    func syncData() throws(FileError)
    func truncate(to size: Int64) throws(FileError)
    /// Reserves space without changing the size; `ENOSPC` when there is none. A file system that can't is no error.
    func reserve(from offset: Int64, count: Int64) throws(FileError)
    /// Gives back what was reserved beyond the file's size.
    func releaseReserve(beyond size: Int64) throws(FileError)
    func size() throws(FileError) -> Int64
}
