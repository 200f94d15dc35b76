import CZlib

/// Another reader of gzip than the one in use.
enum Zlib {
    /// The text of all members; `nil` when zlib takes it for no gzip.
    static func gunzip(_ bytes: [UInt8]) -> [UInt8]? {
        var input = bytes
        var output: [UInt8] = []
        return input.withUnsafeMutableBytes { buffer in
            var stream = z_stream()
            stream.next_in = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.avail_in = UInt32(buffer.count)
            guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
                return nil
            }
            defer { inflateEnd(&stream) }
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let (code, count) = chunk.withUnsafeMutableBytes { space in
                    stream.next_out = space.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    stream.avail_out = UInt32(space.count)
                    let code = inflate(&stream, Z_NO_FLUSH)
                    return (code, space.count - Int(stream.avail_out))
                }
                output += chunk[..<count]
                if code == Z_STREAM_END {
                    if stream.avail_in == 0 { return output }
                    guard inflateReset(&stream) == Z_OK else { return nil }
                } else if code != Z_OK {
                    return nil
                }
            }
        }
    }
}
