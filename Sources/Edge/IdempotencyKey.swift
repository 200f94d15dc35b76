/// Reads `Idempotency-Key`: a quoted string (RFC 8941, 3.3.3; draft-ietf-httpapi-idempotency-key-header), or, as many
/// clients send it, a bare token of `[A-Za-z0-9._:~+/=-]`.
enum IdempotencyKey {
    static let maxLength = 255

    /// The key, unquoted: 1 to 255 printable ASCII characters; `nil` when it is not valid.
    static func parse(_ value: String) -> String? {
        let bytes = value.utf8
        guard bytes.first == UInt8(ascii: "\"") else {
            let plain = (1...maxLength).contains(bytes.count) && bytes.allSatisfy(isTokenByte)
            return plain ? value : nil
        }
        return unquote(bytes)
    }

    private static func unquote(_ bytes: String.UTF8View) -> String? {
        var key: [UInt8] = []
        var rest = bytes.dropFirst().makeIterator()
        while let byte = rest.next() {
            switch byte {
            case UInt8(ascii: "\""):
                guard rest.next() == nil, (1...maxLength).contains(key.count) else { return nil }
                return String(decoding: key, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = rest.next(), escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\") else {
                    return nil
                }
                key.append(escaped)
            case 0x20...0x7e: key.append(byte)
            default: return nil
            }
        }
        return nil
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"),
            UInt8(ascii: "~"), UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
