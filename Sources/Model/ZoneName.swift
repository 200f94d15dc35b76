/// The name of a landing zone in the settings and in the ledger: `[a-z0-9][a-z0-9-]{0,31}`.
package struct ZoneName: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: String

    /// Parses a name; `nil` when it does not match the grammar.
    package init?(_ text: some StringProtocol) {
        let text = String(text)
        guard isDashedName(text) else { return nil }
        rawValue = text
    }

    /// The zone of a gateway that has only one.
    package static let main = ZoneName("main")!

    package var description: String { rawValue }
    package static func < (a: ZoneName, b: ZoneName) -> Bool { a.rawValue < b.rawValue }
}

/// `[a-z0-9][a-z0-9-]{0,31}`: no underscore, because underscores separate the parts of a landing object's name.
func isDashedName(_ text: String) -> Bool {
    (1...32).contains(text.utf8.count) && text.utf8.first != UInt8(ascii: "-")
        && text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
            default: false
            }
        }
}
