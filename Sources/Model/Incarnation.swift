/// A random 64-bit id of one life of the gateway process. Sequences start at 0 in each incarnation, so a cloned or
/// restored disk can't reuse a (gateway, incarnation, sequence) that another life has already landed.
package struct Incarnation: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Parses 16 lowercase hex digits.
    package init?(_ text: some StringProtocol) {
        let text = String(text)
        guard text.utf8.count == 16 else { return nil }
        var value: UInt64 = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(byte - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        rawValue = value
    }

    /// 16 lowercase hex digits.
    package var description: String {
        hexText((0..<8).map { UInt8(truncatingIfNeeded: rawValue >> (56 - 8 * $0)) })
    }
}
