/// The name of a gateway, unique over all gateways that write to one landing zone: `[a-z0-9][a-z0-9-]{0,31}`.
///
/// It has no underscore, because underscores separate the parts of a landing object's name.
package struct GatewayName: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    /// Parses a name; `nil` when it does not match the grammar.
    package init?(_ text: some StringProtocol) {
        let bytes = text.utf8
        guard (1...32).contains(bytes.count), bytes.first != UInt8(ascii: "-") else { return nil }
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                continue
            default: return nil
            }
        }
        rawValue = String(text)
    }

    package var description: String { rawValue }
}
