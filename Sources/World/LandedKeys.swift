import Model
import Payload

/// The event keys in a landing object, in order.
enum LandedKeys {
    static func of(_ object: [UInt8]) throws -> [String] {
        var keys: [String] = []
        try object.withUnsafeBytes { bytes in
            var offset = 0
            while offset < bytes.count {
                let block = try Block.read(UnsafeRawBufferPointer(rebasing: bytes[offset...]))
                let text = try block.decompressed()
                // The bytes live as long as their buffer.
                withExtendedLifetime(text) {
                    keys += text.bytes.split(separator: UInt8(ascii: "\n")).map(key)
                }
                offset += block.length
            }
        }
        return keys
    }

    /// A line begins with `{"event_key":"`; the keys of simulated events have nothing to escape.
    private static func key(_ line: some Collection<UInt8>) -> String {
        String(
            decoding: line.dropFirst(#"{"event_key":""#.utf8.count).prefix { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
    }
}
