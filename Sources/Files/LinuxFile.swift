import CLinux
import Glibc
import SystemPackage

/// An open file of ``LinuxFileSystem``; it owns the descriptor, and `deinit` closes it.
///
/// Calls may come from any thread; the offset is always given, so none of them moves a shared position.
package final class LinuxFile: OpenFile {
    private let descriptor: Int32
    /// The path at the time of opening, for errors only.
    private let path: FilePath

    /// Takes over the descriptor.
    init(owning descriptor: Int32, path: FilePath) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit {
        // Linux frees the descriptor even when close says EINTR, and unsynced errors are syncData's to tell.
        _ = Glibc.close(descriptor)
    }

    package func write(_ buffers: [UnsafeRawBufferPointer], at offset: Int64) throws(FileError) {
        var vectors: [iovec] = []
        vectors.reserveCapacity(buffers.count)
        for buffer in buffers where !buffer.isEmpty {
            vectors.append(
                iovec(iov_base: UnsafeMutableRawPointer(mutating: buffer.baseAddress), iov_len: buffer.count))
        }
        var position = offset
        var first = 0
        while first < vectors.count {
            let written = try writeOnce(vectors[first...], at: position)
            // A regular file never takes nothing; should one, looping forever would be worse than an error.
            if written == 0 { throw FileError("write", path, .ioError) }
            position += Int64(written)
            first = advance(&vectors, from: first, by: written)
        }
    }

    private func writeOnce(_ vectors: ArraySlice<iovec>, at position: Int64) throws(FileError) -> Int {
        // SAFETY: the caller's buffers outlive this call, and the kernel only reads them.
        try vectors.withUnsafeBufferPointer { (part) throws(FileError) -> Int in
            try transfer("write", path) {
                Glibc.pwritev(descriptor, part.baseAddress, Int32(min(part.count, vectorsPerCall)), off_t(position))
            }
        }
    }

    /// Leaves out what was written; returns the index of the first vector that still has bytes.
    private func advance(_ vectors: inout [iovec], from start: Int, by count: Int) -> Int {
        var first = start
        var rest = count
        while first < vectors.count, rest >= vectors[first].iov_len {
            rest -= vectors[first].iov_len
            first += 1
        }
        if rest > 0 {
            vectors[first].iov_base += rest
            vectors[first].iov_len -= rest
        }
        return first
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(FileError) -> Int {
        guard let base = buffer.baseAddress else { return 0 }
        var count = 0
        while count < buffer.count {
            let got = try transfer("read", path) {
                Glibc.pread(descriptor, base + count, buffer.count - count, off_t(offset) + count)
            }
            if got == 0 { break }
            count += got
        }
        return count
    }

    package func syncData() throws(FileError) {
        // Once, even when interrupted: after a failure the kernel may have marked the pages clean (fsyncgate).
        try callOnce("fdatasync", path) { Glibc.fdatasync(descriptor) }
    }

    package func truncate(to size: Int64) throws(FileError) {
        try systemCall("truncate", path) { Int(Glibc.ftruncate(descriptor, off_t(size))) }
    }

    package func reserve(from offset: Int64, count: Int64) throws(FileError) {
        do throws(FileError) {
            try systemCall("reserve", path) { Int(sluice_allocate_keep_size(descriptor, off_t(offset), off_t(count))) }
        } catch  where error.errno == .notSupportedOnSocket || error.errno == .noFunction {
            // EOPNOTSUPP or ENOSYS: this file system can't; writes will say ENOSPC themselves.
        }
    }

    package func releaseReserve(beyond size: Int64) throws(FileError) {
        // Truncating to the present size frees what lies beyond it; ext4 doesn't punch holes behind a file's end.
        let current = try self.size()
        if size <= current {
            try truncate(to: current)
        } else {
            try systemCall("release reserve", path) {
                Int(sluice_punch_hole(descriptor, off_t(size), off_t.max - off_t(size)))
            }
        }
    }

    package func size() throws(FileError) -> Int64 {
        var status = stat()
        try systemCall("size", path) { Int(fstat(descriptor, &status)) }
        return Int64(status.st_size)
    }

    /// Takes the exclusive lock without waiting; it goes when the last descriptor of this open goes.
    func lock() throws(FileError) {
        try systemCall("lock", path) { Int(flock(descriptor, LOCK_EX | LOCK_NB)) }
    }
}

/// IOV_MAX of Linux (UIO_MAXIOV), which the overlay does not show.
private let vectorsPerCall = 1024
