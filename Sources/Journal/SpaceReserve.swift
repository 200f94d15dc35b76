import Files
import SystemPackage

/// One file of 1 MiB in the journal directory that is given up when the volume is full, so that the small files of
/// recovery and sealing (sidecars, key logs, directory entries) find room: freeing space must not need space.
final class SpaceReserve<FS: FileSystem>: Sendable {
    static var bytes: Int { 1 << 20 }

    private let files: FS
    private let directory: FilePath
    private let path: FilePath

    init(files: FS, directory: FilePath) {
        self.files = files
        self.directory = directory
        path = directory.child("reserve")
    }

    /// Runs `body`; when it runs out of space, gives the reserve up and runs it once more.
    func spending<R>(_ body: () throws(FileError) -> R) throws(FileError) -> R {
        do throws(FileError) { return try body() } catch {
            guard error.isOutOfSpace, (try? files.unlink(path)) != nil else { throw error }
            return try body()
        }
    }

    /// Takes the space again if it can be had with as much to spare: a part of it, left by a failure on a volume that it fills,
    /// would stop intake for good (simulated world 1483). Written, not only allocated: some file systems allocate late.
    func restore() {
        if let status = try? files.status(path), status.size == Int64(SpaceReserve.bytes) { return }
        try? files.unlink(path)
        guard let free = try? files.freeBytes(directory), free >= 2 * Int64(SpaceReserve.bytes) else { return }
        guard let file = try? files.open(path, .create) else { return }
        do {
            try file.writeAll([UInt8](repeating: 0, count: SpaceReserve.bytes), at: 0)
            try file.syncData()
        } catch {
            // No room now: give back what was taken, and try again at the next call.
            try? files.unlink(path)
        }
    }
}
