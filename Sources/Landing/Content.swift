import Files
import Model

/// How long a file is, and its SHA-256.
struct Content: Equatable {
    var length: Int64
    var sha256: [UInt8]
}

extension OpenFile {
    /// Reads the whole file once, in pieces of 1 MiB, and writes it to another file on the way where one is given.
    func digest(copyingTo copy: Self? = nil) throws(FileError) -> Content {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        var hash = SHA256()
        var offset: Int64 = 0
        while true {
            let count = try read(into: buffer, at: offset)
            if count == 0 { break }
            // SAFETY: the buffer lives until this function returns, and nobody else has it.
            let piece = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            hash.update(piece)
            try copy?.write([piece], at: offset)
            offset += Int64(count)
        }
        return Content(length: offset, sha256: hash.finish())
    }
}
