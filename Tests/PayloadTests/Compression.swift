import CZlib
import CZstd
import Model

/// Compresses as producers do, by other libraries than the gateway's own.
enum Compression {
    struct Failed: Error { var code: Int }

    static func encode(_ bytes: [UInt8], _ coding: ContentCoding) throws -> [UInt8] {
        switch coding {
        case .identity: bytes
        case .gzip: try gzip(bytes)
        case .zstd: try zstd(bytes)
        }
    }

    static func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
        var bytes = bytes
        var stream = z_stream()
        let size = Int32(MemoryLayout<z_stream>.size)
        // 15 + 16: the largest window, with a gzip head and trailer.
        var code = deflateInit2_(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
        guard code == Z_OK else { throw Failed(code: Int(code)) }
        defer { deflateEnd(&stream) }
        var output = [UInt8](repeating: 0, count: bytes.count + bytes.count / 1000 + 100)
        let room = output.count
        code = bytes.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { target in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = target.baseAddress
                stream.avail_out = UInt32(room)
                return deflate(&stream, Z_FINISH)
            }
        }
        guard code == Z_STREAM_END else { throw Failed(code: Int(code)) }
        return Array(output[..<(room - Int(stream.avail_out))])
    }

    static func zstd(_ bytes: [UInt8]) throws -> [UInt8] {
        var output = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
        let count = ZSTD_compress(&output, output.count, bytes, bytes.count, 3)
        guard ZSTD_isError(count) == 0 else { throw Failed(code: count) }
        return Array(output[..<count])
    }
}
