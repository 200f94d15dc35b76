import Files
import SystemPackage

/// Files whose chosen sync does nothing: a journal that forgot to sync, for the tests of the tests.
struct ForgetfulFileSystem<Base: FileSystem>: FileSystem {
    enum Forgotten { case data, directory }

    let base: Base
    let forgotten: Forgotten

    func open(_ path: FilePath, _ mode: OpenMode) throws(FileError) -> ForgetfulFile<Base.File> {
        ForgetfulFile(base: try base.open(path, mode), skips: forgotten == .data)
    }
    func list(_ directory: FilePath) throws(FileError) -> [String] { try base.list(directory) }
    func status(_ path: FilePath) throws(FileError) -> FileStatus { try base.status(path) }
    func createDirectories(_ path: FilePath) throws(FileError) { try base.createDirectories(path) }
    func rename(_ from: FilePath, to: FilePath) throws(FileError) { try base.rename(from, to: to) }
    func link(_ existing: FilePath, to new: FilePath) throws(FileError) { try base.link(existing, to: new) }
    func unlink(_ path: FilePath) throws(FileError) { try base.unlink(path) }
    func syncDirectory(_ path: FilePath) throws(FileError) {
        if forgotten != .directory { try base.syncDirectory(path) }
    }
    func freeBytes(_ path: FilePath) throws(FileError) -> Int64 { try base.freeBytes(path) }
    func lock(_ path: FilePath) throws(FileError) -> ForgetfulFile<Base.File> {
        ForgetfulFile(base: try base.lock(path), skips: forgotten == .data)
    }
}

final class ForgetfulFile<Base: OpenFile>: OpenFile {
    private let base: Base
    private let skips: Bool

    init(base: Base, skips: Bool) {
        self.base = base
        self.skips = skips
    }

    func write(_ buffers: [UnsafeRawBufferPointer], at offset: Int64) throws(FileError) {
        try base.write(buffers, at: offset)
    }
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(FileError) -> Int {
        try base.read(into: buffer, at: offset)
    }
    func syncData() throws(FileError) { if !skips { try base.syncData() } }
    func truncate(to size: Int64) throws(FileError) { try base.truncate(to: size) }
    func reserve(from offset: Int64, count: Int64) throws(FileError) { try base.reserve(from: offset, count: count) }
    func releaseReserve(beyond size: Int64) throws(FileError) { try base.releaseReserve(beyond: size) }
    func size() throws(FileError) -> Int64 { try base.size() }
}
