import Foundation
import Payload

/// One line of JSON and its CRC-32C: JSON, a space, 8 hex digits, a newline.
enum ChecksummedLine {
    static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let json = try? encoder.encode(value) else { preconditionFailure("what the journal writes is encodable") }
        return [UInt8](json) + end(of: json)
    }

    /// `nil` when the bytes are damaged, or are not of that type.
    static func decode<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) -> Value? {
        guard bytes.count > 10, bytes.last == UInt8(ascii: "\n") else { return nil }
        let json = Data(bytes.dropLast(10))
        guard Array(bytes.suffix(10)) == end(of: json) else { return nil }
        return try? JSONDecoder().decode(type, from: json)
    }

    private static func end(of json: Data) -> [UInt8] {
        let digits = String(json.withUnsafeBytes { CRC32C.of($0) }, radix: 16)
        return Array(" \(String(repeating: "0", count: 8 - digits.count))\(digits)\n".utf8)
    }
}
