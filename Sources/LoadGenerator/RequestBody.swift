import CZlib

/// One batch as it is sent, shared by every request that carries it.
struct RequestBody: Sendable {
    let events: Int
    /// Length of the lines, before gzip.
    let lineBytes: Int
    let bytes: [UInt8]
    let coding: LoadConfiguration.Coding

    /// - Parameter lines: events without the ends of their lines.
    init(lines: [String], coding: LoadConfiguration.Coding) throws(LoadError) {
        var text: [UInt8] = []
        for line in lines {
            text.append(contentsOf: line.utf8)
            text.append(UInt8(ascii: "\n"))
        }
        events = lines.count
        lineBytes = text.count
        self.coding = coding
        bytes = coding == .gzip ? try RequestBody.gzip(text) : text
    }

    /// A gzip member of zlib's level 1, as producers make them.
    private static func gzip(_ text: [UInt8]) throws(LoadError) -> [UInt8] {
        var stream = z_stream()
        let gzipWindow: Int32 = 15 + 16
        guard
            deflateInit2_(
                &stream, 1, Z_DEFLATED, gzipWindow, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { throw .resources("no memory for gzip") }
        defer { deflateEnd(&stream) }
        var input = text
        var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(text.count))))
        let code = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                return deflate(&stream, Z_FINISH)
            }
        }
        guard code == Z_STREAM_END else { throw .resources("gzip failed with \(code)") }
        output.removeLast(Int(stream.avail_out))
        return output
    }
}
