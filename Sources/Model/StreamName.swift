/// The name of a stream: `[a-z0-9_][a-z0-9_-]{0,62}`, parsed once at the door.
///
/// Paths and object names are built from this type only, never from raw input, so a name can't traverse.
package struct StreamName: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: String

    /// Parses a name; `nil` when it does not match the grammar.
    package init?(_ text: some StringProtocol) {
        let text = String(text)
        let bytes = text.utf8
        guard (1...63).contains(bytes.count), bytes.first != UInt8(ascii: "-") else { return nil }
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "_"), UInt8(ascii: "-"):
                continue
            default: return nil
            }
        }
        rawValue = text
    }

    /// Streams that only the gateway writes begin with an underscore.
    package var isInternal: Bool { rawValue.utf8.first == UInt8(ascii: "_") }
    package var description: String { rawValue }
    package static func < (a: StreamName, b: StreamName) -> Bool { a.rawValue < b.rawValue }

    package static let ledger = StreamName("_ledger")!
    package static let quarantine = StreamName("_quarantine")!
    package static let trail = StreamName("_trail")!
}
