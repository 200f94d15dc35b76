package import Files
package import SystemPackage

/// Space that intake leaves free on the journal's volume, so that sealing, landing and retiring never need space to
/// free space.
package struct DiskReserve<FS: FileSystem>: Sendable {
    private let files: FS
    private let directory: FilePath
    private let bytes: Int64

    /// `bytes`: default 64 MiB (`journal.reserve_bytes`).
    package init(files: FS, directory: FilePath, bytes: Int64) {
        self.files = files
        self.directory = directory
        self.bytes = bytes
    }

    /// Half of it, for those who may go further.
    var half: DiskReserve { DiskReserve(files: files, directory: directory, bytes: bytes / 2) }

    /// The least claim that is met now; only what makes room where the volume can't be asked.
    var leastClaim: RoomClaim {
        guard let freeBytes else { return .makesRoom }
        return freeBytes >= bytes ? .ordinary : freeBytes >= half.bytes ? .urgent : .makesRoom
    }

    /// Bytes free on the volume; `nil` when it can't be asked.
    package var freeBytes: Int64? { try? files.freeBytes(directory) }

    /// Whether less than the reserve is free. A volume that can't be asked counts as breached.
    package var isBreached: Bool { !leavesRoom(for: 0) }

    /// Whether so many bytes more leave the reserve as it is.
    func leavesRoom(for more: Int64) -> Bool {
        guard let free = try? files.freeBytes(directory) else { return false }
        return free - more >= bytes
    }
}
