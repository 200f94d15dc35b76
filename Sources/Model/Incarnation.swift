/// A random 64-bit id of one life of the gateway process. Sequences start at 0 in each incarnation, so a cloned or
/// restored disk can't reuse a (gateway, incarnation, sequence) that another life has already landed.
package struct Incarnation: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Parses 16 lowercase hex digits.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == 16, text == text.lowercased(), let value = UInt64(text, radix: 16) else { return nil }
        rawValue = value
    }

    /// 16 lowercase hex digits.
    package var description: String {
        let hex = String(rawValue, radix: 16)
        return String(repeating: "0", count: 16 - hex.count) + hex
    }
}
