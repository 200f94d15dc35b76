package import Files
import Synchronization
package import SystemPackage

/// A disk in memory that keeps only what was synced, and breaks when told to.
///
/// A file's bytes and its directory entry become durable apart, by ``OpenFile/syncData()`` and
/// ``FileSystem/syncDirectory(_:)``. ``crash(using:)`` keeps any subset of what was not synced: writes in sectors of 512
/// bytes, and directory operations each by itself (a rename whole or not at all). All is decided by the generator, so a
/// seed replays a run. A sync that fails marks its changes clean: readable until the crash, and then gone, whatever syncs
/// came later.
///
/// Calls may come from any thread.
package final class SimulatedDisk: Sendable {
    /// Decides whether an operation fails, and how; nil lets it be. A failing write has written half of its bytes, a
    /// failing sync loses what it should have synced; any other operation does nothing. Called with the disk locked:
    /// it must not use the disk.
    package typealias Failures = @Sendable (DiskOperation) -> Errno?

    private struct Machine {
        var state: DiskState
        var failures: Failures?
        var forgets: (@Sendable (DiskOperation) -> Bool)?
        var operations = 0
        var cut: Int?
        var cutInside: DiskOperation?
        var isCut: Bool { cutInside != nil }

        mutating func restart() {
            cutInside = nil
            cut = nil
        }
    }

    /// What ``FileError/operation`` says when the power is cut; the errno is `EIO`.
    package static let powerCut = "power cut"

    private let machine: Mutex<Machine>

    /// An empty disk. Its capacity is in bytes of file content and reservations; the default is 1 TiB.
    package convenience init(capacity: Int64 = 1 << 40) { self.init(DiskState(capacity: capacity)) }

    private init(_ state: DiskState) { machine = Mutex(Machine(state: state)) }

    package var fileSystem: SimulatedFileSystem { SimulatedFileSystem(self) }

    /// Another disk with the same content, durable and pending; with the power on, without open files, faults or plans.
    package func clone() -> SimulatedDisk {
        var copy = machine.withLock { $0.state }
        copy.closeAll()
        return SimulatedDisk(copy)
    }

    // MARK: Faults

    /// Sets the fault plan; nil, the default, makes the disk sound again.
    package func setFailures(_ failures: Failures?) { machine.withLock { $0.failures = failures } }

    /// Lets these syncs do nothing and say that they did: who never made them is no different. For tests of tests; nil, the
    /// default, takes it back.
    package func forgetSyncs(_ forgets: (@Sendable (DiskOperation) -> Bool)?) {
        machine.withLock { $0.forgets = forgets }
    }

    /// How many changing operations and syncs there were, failed ones included.
    package var operations: Int { machine.withLock { $0.operations } }

    /// Lets so many more changing operations and syncs through; the next one is in flight when the power goes (of a write that
    /// an odd number of operations came before, the first half). It and all that follow throw `EIO` until
    /// ``crash(using:)``. Nil takes the order back.
    package func cutPower(afterOperations count: Int?) {
        machine.withLock { machine in machine.cut = count.map { machine.operations + $0 } }
    }

    /// Whether the power is off.
    package var isCut: Bool { cutInside != nil }

    /// What was in flight when the power went; `nil` while it is on.
    package var cutInside: DiskOperation? { machine.withLock { $0.cutInside } }

    /// Cuts the power, if that has not happened yet, and starts again from what the disk has kept. Files opened before
    /// throw `EBADF` ever after; locks are gone.
    package func crash(using generator: inout some RandomNumberGenerator) {
        machine.withLock { machine in
            machine.state.crash(using: &generator)
            machine.restart()
        }
    }

    /// Ends the process (`kill -9`), not the machine: open files and locks go, unsynced changes stay, readable and not
    /// durable.
    package func killProcess() {
        machine.withLock { machine in
            machine.state.closeAll()
            machine.restart()
        }
    }

    /// Inverts one bit of a file, in readers' sight and durably. Bit 0 is the lowest of the first byte.
    package func flipBit(_ path: FilePath, _ bit: Int) throws(FileError) {
        try damage(path) { $0[bit / 8] ^= 1 << UInt8(bit % 8) }
    }

    /// Shortens or lengthens (with zeros) a file durably.
    package func truncate(_ path: FilePath, to size: Int) throws(FileError) {
        try damage(path) { bytes in
            bytes = Array(bytes.prefix(size)) + Array(repeating: 0, count: max(0, size - bytes.count))
        }
    }

    /// Changes a file's bytes behind everyone's back, durably, after syncing what was pending; bytes that a failed sync
    /// has lost are gone from readers' sight too.
    package func damage(_ path: FilePath, _ change: (inout [UInt8]) -> Void) throws(FileError) {
        try inspect("damage", path) { (state) throws(Errno) in
            let id = try state.resolve(path)
            state.update(id) { inode in
                inode.file.sync()
                change(&inode.file.durable)
                inode.file.cached = inode.file.durable
            }
        }
    }

    // MARK: Looking, without counting as an operation

    /// A file's bytes as readers see them.
    package func contents(_ path: FilePath) throws(FileError) -> [UInt8] {
        try inspect("contents", path) { (state) throws(Errno) in state.inodes[try state.resolve(path)]!.file.cached }
    }

    /// Every file's path, sorted.
    package func files() -> [FilePath] {
        machine.withLock { machine in
            var found: [FilePath] = []
            var queue: [(FilePath, Int)] = [("/", DiskState.root)]
            while let (path, id) = queue.popLast() {
                guard machine.state.inodes[id]!.isDirectory else {
                    found.append(path)
                    continue
                }
                queue += machine.state.inodes[id]!.entries.map { (path.appending($0.key), $0.value) }
            }
            return found.sorted { $0.string < $1.string }
        }
    }

    /// Bytes in use, reservations included.
    package var usedBytes: Int64 { machine.withLock { $0.state.used } }

    private func inspect<T>(
        _ name: String, _ path: FilePath, _ body: (inout DiskState) throws(Errno) -> T
    ) throws(FileError) -> T {
        do {
            return try machine.withLock { (machine) throws(Errno) in try body(&machine.state) }
        } catch { throw FileError(name, path, error) }
    }

    // MARK: Operations

    /// Carries out an operation, or has it fail as planned. `failing` is what a planned failure does to the disk.
    func perform<T>(
        _ operation: DiskOperation, handle: SimulatedFile.Handle? = nil, failing: ((inout DiskState) -> Void)? = nil,
        _ body: (inout DiskState) throws(Errno) -> T
    ) throws(FileError) -> T {
        try machine.withLock { (machine) throws(FileError) in
            if machine.isCut { throw FileError(SimulatedDisk.powerCut, operation.path, .ioError) }
            if let handle, handle.life != machine.state.life {
                throw FileError(operation.name, operation.path, .badFileDescriptor)
            }
            if operation.isChange { machine.operations += 1 }
            if operation.isChange, let cut = machine.cut, machine.operations > cut {
                // In flight: it, or the first half of what it writes, may reach the disk, and nobody will hear of it.
                if let failing, case .write = operation, cut % 2 == 1 {
                    failing(&machine.state)
                } else if !operation.isSync {
                    _ = try? body(&machine.state)
                }
                machine.cutInside = operation
                throw FileError(SimulatedDisk.powerCut, operation.path, .ioError)
            }
            if let errno = machine.failures?(operation) {
                failing?(&machine.state)
                throw FileError(operation.name, operation.path, errno)
            }
            do throws(Errno) {
                if operation.isSync, machine.forgets?(operation) ?? false {
                    var unused = machine.state
                    return try body(&unused)
                }
                return try body(&machine.state)
            } catch { throw FileError(operation.name, operation.path, error) }
        }
    }

    func close(_ handle: SimulatedFile.Handle) {
        machine.withLock { machine in
            guard handle.life == machine.state.life else { return }
            machine.state.update(handle.inode) { $0.handles -= 1 }
            if machine.state.locks[handle.inode] == handle.id { machine.state.locks[handle.inode] = nil }
        }
    }
}
