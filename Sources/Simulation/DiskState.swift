import Files
import SystemPackage

/// The whole content of a simulated disk, as a value: copying it copies the disk.
struct DiskState: Sendable {
    struct Inode: Sendable {
        let isDirectory: Bool
        var file = FileContents()
        /// Of a directory: names as readers see them, and as they would be after a crash.
        var entries: [String: Int] = [:]
        var durableEntries: [String: Int] = [:]
        /// Names in readers' sight, and open files.
        var links = 0
        var handles = 0

        /// The bytes that count against the disk's capacity: a file without a name is free once it is closed.
        var charge: Int64 { isDirectory || (links == 0 && handles == 0) ? 0 : file.charge }
    }

    /// Directory entries that change together or not at all: one, or the two of a rename.
    struct EntryOperation: Sendable {
        struct Change: Sendable {
            var directory: Int
            var name: String
            /// What the name stands for now; nil when it is gone.
            var inode: Int?
        }
        var changes: [Change]
    }

    static let root = 0

    var inodes: [Int: Inode] = [root: Inode(isDirectory: true, links: 1)]
    /// Directory operations that no sync has made durable yet, in order.
    var pending: [EntryOperation] = []
    /// Which inodes are locked, and by which handle.
    var locks: [Int: Int] = [:]
    let capacity: Int64
    /// The sum of all charges.
    private(set) var used: Int64 = 0
    /// Counts restarts: files opened in an earlier life are dead.
    private(set) var life = 0
    private var nextInode = 1
    private var nextHandle = 1

    init(capacity: Int64) { self.capacity = capacity }

    var free: Int64 { max(0, capacity - used) }

    /// The one way to change an inode, so that the space in use stays right.
    mutating func update<T>(_ id: Int, _ body: (inout Inode) -> T) -> T {
        let before = inodes[id]!.charge
        let result = body(&inodes[id]!)
        used += inodes[id]!.charge - before
        return result
    }

    mutating func makeInode(isDirectory: Bool) -> Int {
        defer { nextInode += 1 }
        inodes[nextInode] = Inode(isDirectory: isDirectory)
        return nextInode
    }

    mutating func openHandle(on inode: Int) -> SimulatedFile.Handle {
        defer { nextHandle += 1 }
        update(inode) { $0.handles += 1 }
        return SimulatedFile.Handle(id: nextHandle, life: life, inode: inode)
    }

    /// What the end of the process leaves: everything but open files and locks.
    mutating func closeAll() {
        life += 1
        locks = [:]
        for id in inodes.keys { inodes[id]!.handles = 0 }
        recountSpace()
    }

    private mutating func recountSpace() { used = inodes.values.reduce(0) { $0 + $1.charge } }

    // MARK: Bytes

    /// Writes what fits; throws ENOSPC after that, as the kernel does.
    mutating func write(_ bytes: [UInt8], at offset: Int64, to id: Int) throws(Errno) {
        let size = inodes[id]!.charge
        let room = max(0, max(size, size + free) - offset)
        let fitting = min(Int64(bytes.count), room)
        update(id) { $0.file.write(fitting == bytes.count ? bytes : Array(bytes[..<Int(fitting)]), at: Int(offset)) }
        if fitting < bytes.count { throw .noSpace }
    }

    mutating func truncate(_ id: Int, to size: Int64) throws(Errno) {
        // A longer file has a hole, which takes space here although it takes none on Linux: the stricter rule.
        if size - inodes[id]!.charge > free { throw .noSpace }
        update(id) { $0.file.truncate(to: Int(size)) }
    }

    mutating func reserve(_ id: Int, upTo end: Int64) throws(Errno) {
        if end - inodes[id]!.charge > free { throw .noSpace }
        update(id) { $0.file.reserved = max($0.file.reserved, end) }
    }
}
