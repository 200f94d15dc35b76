internal import CISAL

/// Compresses the lines of one batch into a raw deflate fragment (RFC 1951) that ends in a full flush, by ISA-L level 1.
///
/// Lines are gathered in a chunk that stays in the processor's cache, and compressed chunk by chunk.
final class LineDeflater: @unchecked Sendable {
    // SAFETY: used by one thread at a time: its owner's.
    private static let chunkBytes = 128 << 10

    private let stream: UnsafeMutablePointer<isal_zstream>
    private let levelBuffer: UnsafeMutableRawPointer
    private let chunk: UnsafeMutableRawPointer
    private var chunkCount = 0
    private var output: [UInt8] = []
    private var outputCount = 0
    private(set) var uncompressedCount = 0
    private(set) var crc32: UInt32 = 0

    init() {
        stream = .allocate(capacity: 1)
        levelBuffer = .allocate(byteCount: Int(sluice_isal_level1_bytes()), alignment: 64)
        chunk = .allocate(byteCount: LineDeflater.chunkBytes, alignment: 64)
    }

    deinit {
        stream.deallocate()
        levelBuffer.deallocate()
        chunk.deallocate()
    }

    /// Begins a batch of about `expected` bytes.
    func begin(expected: Int) {
        prepare(stream)
        chunkCount = 0
        uncompressedCount = 0
        crc32 = 0
        outputCount = 0
        // Enough for most batches, so that a first flush need not grow it.
        let wanted = expected / 3 + (96 << 10)
        if output.count < wanted { output = [UInt8](repeating: 0, count: wanted) }
    }

    private func prepare(_ stream: UnsafeMutablePointer<isal_zstream>) {
        isal_deflate_init(stream)
        stream.pointee.level = 1
        stream.pointee.level_buf = levelBuffer.assumingMemoryBound(to: UInt8.self)
        stream.pointee.level_buf_size = sluice_isal_level1_bytes()
        stream.pointee.gzip_flag = UInt16(IGZIP_DEFLATE)
        stream.pointee.end_of_stream = 0
    }

    @inline(__always)
    func add(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while rest.count > LineDeflater.chunkBytes - chunkCount {
            let room = LineDeflater.chunkBytes - chunkCount
            append(UnsafeRawBufferPointer(rebasing: rest[..<room]))
            rest = UnsafeRawBufferPointer(rebasing: rest[room...])
            flush(last: false)
        }
        append(rest)
    }

    @inline(__always)
    private func append(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        (chunk + chunkCount).copyMemory(from: base, byteCount: bytes.count)
        chunkCount += bytes.count
    }

    /// Copies the bytes with every CR and LF, which in valid JSON are only white space between tokens, as a space.
    func addOnOneLine(_ bytes: UnsafeRawBufferPointer) {
        var start = 0
        let space: [UInt8] = [UInt8(ascii: " ")]
        for index in bytes.indices where bytes[index] == UInt8(ascii: "\n") || bytes[index] == UInt8(ascii: "\r") {
            add(UnsafeRawBufferPointer(rebasing: bytes[start..<index]))
            space.withUnsafeBytes { add($0) }
            start = index + 1
        }
        add(UnsafeRawBufferPointer(rebasing: bytes[start...]))
    }

    /// Ends the batch: its fragment, byte-aligned and not final.
    func finish() -> [UInt8] {
        flush(last: true)
        return Array(output[..<outputCount])
    }

    private func flush(last: Bool) {
        if last, uncompressedCount == 0, let place = SteadyPlace.current {
            place.with { stream in
                prepare(stream)
                compress(by: stream, last: true)
            }
        } else {
            compress(by: stream, last: last)
        }
    }

    private func compress(by stream: UnsafeMutablePointer<isal_zstream>, last: Bool) {
        let bytes = chunk.assumingMemoryBound(to: UInt8.self)
        crc32 = crc32_gzip_refl(crc32, bytes, UInt64(chunkCount))
        uncompressedCount += chunkCount
        stream.pointee.flush = UInt16(last ? FULL_FLUSH : NO_FLUSH)
        stream.pointee.next_in = bytes
        stream.pointee.avail_in = UInt32(chunkCount)
        chunkCount = 0
        repeat {
            if output.count - outputCount < 64 << 10 {
                output.append(contentsOf: repeatElement(0, count: max(output.count / 2, 256 << 10)))
            }
            output.withUnsafeMutableBytes { buffer in
                let space = buffer.count - outputCount
                stream.pointee.next_out = (buffer.baseAddress! + outputCount).assumingMemoryBound(to: UInt8.self)
                stream.pointee.avail_out = UInt32(space)
                let code = isal_deflate(stream)
                precondition(code == COMP_OK, "ISA-L refused to compress: \(code)")
                outputCount += space - Int(stream.pointee.avail_out)
            }
        } while stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0
    }
}
