internal import CLinux
internal import Glibc
internal import SystemPackage

/// A descriptor of this process; closed when the last reference goes.
package final class LinuxFile: OpenFile {
    let descriptor: CInt
    private let path: FilePath

    init(descriptor: CInt, path: FilePath) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    package func write(_ buffers: [UnsafeRawBufferPointer], at offset: Int64) throws(FileError) {
        // SAFETY: pwritev only reads through the pointers, which the caller keeps valid for the call.
        var vectors = buffers.filter { $0.count > 0 }.map {
            iovec(iov_base: UnsafeMutableRawPointer(mutating: $0.baseAddress), iov_len: $0.count)
        }
        var next = 0
        var position = offset
        while next < vectors.count {
            let batch = CInt(min(vectors.count - next, 1024))
            let written = vectors.withUnsafeBufferPointer { pwritev(descriptor, $0.baseAddress! + next, batch, off_t(position)) }
            if written < 0 {
                try retryOrThrow("write")
                continue
            }
            position += Int64(written)
            var left = written
            while next < vectors.count, left >= vectors[next].iov_len {
                left -= vectors[next].iov_len
                next += 1
            }
            if left > 0 {
                vectors[next].iov_base += left
                vectors[next].iov_len -= left
            }
        }
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(FileError) -> Int {
        var done = 0
        while done < buffer.count {
            let count = pread(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset) + done)
            if count == 0 { break }
            if count < 0 {
                try retryOrThrow("read")
                continue
            }
            done += count
        }
        return done
    }

    package func syncData() throws(FileError) {
        // Never repeated after an error: the kernel marks failed pages clean, and a second call would "succeed"
        // (Rebello et al., ATC 2020). EINTR is not an I/O error and is not documented for ext4 or xfs.
        guard fdatasync(descriptor) == 0 else { throw failure("sync") }
    }

    package func truncate(to size: Int64) throws(FileError) {
        while ftruncate(descriptor, off_t(size)) != 0 { try retryOrThrow("truncate") }
    }

    package func reserve(from offset: Int64, count: Int64) throws(FileError) {
        guard count > 0 else { return }
        while sluice_allocate_keep_size(descriptor, off_t(offset), off_t(count)) != 0 {
            if errno == EOPNOTSUPP { return }
            try retryOrThrow("reserve")
        }
    }

    package func releaseReserve(beyond size: Int64) throws(FileError) {
        while sluice_punch_hole(descriptor, off_t(size), off_t(1) << 40) != 0 {
            if errno == EOPNOTSUPP { return }
            try retryOrThrow("release")
        }
    }

    package func size() throws(FileError) -> Int64 {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("status") }
        return Int64(status.st_size)
    }

    private func retryOrThrow(_ operation: String) throws(FileError) {
        guard errno == EINTR || errno == EAGAIN else { throw failure(operation) }
    }

    private func failure(_ operation: String) -> FileError { FileError(operation, path, Errno(rawValue: errno)) }
}
