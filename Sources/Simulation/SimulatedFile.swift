package import Files
import SystemPackage

/// An open file of a ``SimulatedDisk``. After a crash or a kill every call throws `EBADF`.
package final class SimulatedFile: OpenFile {
    struct Handle: Sendable {
        var id: Int
        var life: Int
        var inode: Int
    }

    private let disk: SimulatedDisk
    private let path: FilePath
    private let handle: Handle
    private let isWritable: Bool

    init(_ disk: SimulatedDisk, _ path: FilePath, _ handle: Handle, isWritable: Bool) {
        self.disk = disk
        self.path = path
        self.handle = handle
        self.isWritable = isWritable
    }

    deinit { disk.close(handle) }

    package func write(_ buffers: [UnsafeRawBufferPointer], at offset: Int64) throws(FileError) {
        let count = buffers.reduce(0) { $0 + $1.count }
        if count == 0 { return }
        // SAFETY: the caller's buffers outlive this call; they are only read.
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
            for buffer in buffers where !buffer.isEmpty {
                UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(target)[initialized...])
                    .copyMemory(from: buffer)
                initialized += buffer.count
            }
        }
        try perform(
            .write(path, offset: offset, count: count),
            failing: { [handle, isWritable] state in
                if isWritable { try? state.write(Array(bytes[..<(count / 2)]), at: offset, to: handle.inode) }
            },
            { (state) throws(Errno) in
                guard isWritable else { throw .badFileDescriptor }
                guard offset >= 0 else { throw .invalidArgument }
                try state.write(bytes, at: offset, to: handle.inode)
            })
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(FileError) -> Int {
        if buffer.isEmpty { return 0 }
        return try perform(.read(path, offset: offset, count: buffer.count)) { (state) throws(Errno) in
            guard !state.inodes[handle.inode]!.isDirectory else { throw .isDirectory }
            guard offset >= 0 else { throw .invalidArgument }
            let bytes = state.inodes[handle.inode]!.file.cached
            guard offset < bytes.count else { return 0 }
            let count = min(buffer.count, bytes.count - Int(offset))
            bytes.withUnsafeBytes { all in
                buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: all[Int(offset)..<(Int(offset) + count)]))
            }
            return count
        }
    }

    package func syncData() throws(FileError) {
        try perform(
            .syncData(path),
            failing: { [handle] state in state.inodes[handle.inode]!.file.failSync() },
            { (state) throws(Errno) in state.inodes[handle.inode]!.file.sync() })
    }

    package func truncate(to size: Int64) throws(FileError) {
        try perform(.truncate(path, size: size)) { (state) throws(Errno) in
            guard isWritable, size >= 0 else { throw .invalidArgument }
            try state.truncate(handle.inode, to: size)
        }
    }

    package func reserve(from offset: Int64, count: Int64) throws(FileError) {
        try perform(.reserve(path, offset: offset, count: count)) { (state) throws(Errno) in
            guard offset >= 0, count > 0 else { throw .invalidArgument }
            guard isWritable else { throw .badFileDescriptor }
            try state.reserve(handle.inode, upTo: offset + count)
        }
    }

    package func releaseReserve(beyond size: Int64) throws(FileError) {
        try perform(.releaseReserve(path, size: size)) { (state) throws(Errno) in
            guard isWritable else { throw .invalidArgument }
            state.update(handle.inode) { $0.file.reserved = min($0.file.reserved, size) }
        }
    }

    package func size() throws(FileError) -> Int64 {
        try perform(.size(path)) { (state) throws(Errno) in Int64(state.inodes[handle.inode]!.file.cached.count) }
    }

    private func perform<T>(
        _ operation: DiskOperation, failing: ((inout DiskState) -> Void)? = nil,
        _ body: (inout DiskState) throws(Errno) -> T
    ) throws(FileError) -> T {
        try disk.perform(operation, handle: handle, failing: failing, body)
    }
}
