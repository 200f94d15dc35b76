/// Writes JSON text into a byte array: the few shapes the data plane answers with, without Foundation.
///
/// The caller is in charge of the structure; commas between members and elements are put by the writer.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    private var needsComma = false

    init(reserve: Int = 512) { bytes.reserveCapacity(reserve) }

    mutating func object(_ body: (inout JSONWriter) -> Void) { nested(open: "{", close: "}", body) }
    mutating func array(_ body: (inout JSONWriter) -> Void) { nested(open: "[", close: "]", body) }

    /// The name of a member; its value is written next.
    mutating func name(_ text: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
        raw("\":")
        needsComma = false
    }

    mutating func string(_ text: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 { escape(byte) }
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func string(_ text: String?) {
        if let text { string(text) } else { null() }
    }

    mutating func number(_ value: some BinaryInteger) {
        separate()
        bytes.append(contentsOf: String(value).utf8)
    }

    mutating func boolean(_ value: Bool) {
        separate()
        raw(value ? "true" : "false")
    }

    mutating func null() {
        separate()
        raw("null")
    }

    private mutating func nested(open: StaticString, close: StaticString, _ body: (inout JSONWriter) -> Void) {
        separate()
        raw(open)
        needsComma = false
        body(&self)
        raw(close)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func raw(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): raw("\\\"")
        case UInt8(ascii: "\\"): raw("\\\\")
        case UInt8(ascii: "\n"): raw("\\n")
        case UInt8(ascii: "\r"): raw("\\r")
        case UInt8(ascii: "\t"): raw("\\t")
        case 0..<0x20, 0x7f:
            raw("\\u00")
            bytes.append(hex(byte >> 4))
            bytes.append(hex(byte & 15))
        default: bytes.append(byte)
        }
    }

    private func hex(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }
}
