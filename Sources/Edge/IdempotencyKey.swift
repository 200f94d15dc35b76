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

    /// The key in a path: percent-decoded (RFC 3986, 2.1), then as ``parse(_:)`` gives it. `nil` when it is not valid, or
    /// holds a bare slash, which not every proxy would let through as it is.
    static func percentDecoded(_ segment: Substring) -> String? {
        var key: [UInt8] = []
        var rest = segment.utf8.makeIterator()
        while var byte = rest.next() {
            if byte == UInt8(ascii: "/") { return nil }
            if byte == UInt8(ascii: "%") {
                guard let high = rest.next().flatMap(hexValue), let low = rest.next().flatMap(hexValue) else {
                    return nil
                }
                byte = high << 4 | low
            }
            guard (0x20...0x7e).contains(byte), key.count < maxLength else { return nil }
            key.append(byte)
        }
        return key.isEmpty ? nil : String(decoding: key, as: UTF8.self)
    }

    private static func hexValue(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
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
