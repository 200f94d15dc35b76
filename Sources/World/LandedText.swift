import Model
import Payload

/// The lines of a landing object.
enum LandedText {
    static func of(_ object: [UInt8]) throws -> [UInt8] {
        var lines: [UInt8] = []
        try object.withUnsafeBytes { bytes in
            var offset = 0
            while offset < bytes.count {
                let block = try Block.read(UnsafeRawBufferPointer(rebasing: bytes[offset...]))
                let text = try block.decompressed()
                // The bytes live as long as their buffer.
                withExtendedLifetime(text) { lines += text.bytes }
                offset += block.length
            }
        }
        return lines
    }
}
