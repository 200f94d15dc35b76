/// The name of a producer or an operator: `[a-z0-9][a-z0-9._-]{0,62}`.
///
/// A producer's name is part of the identity of its batches and stands in every line it sends, so it never changes.
package struct PrincipalName: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: String

    /// Parses a name; `nil` when it does not match the grammar.
    package init?(_ text: some StringProtocol) {
        let bytes = text.utf8
        guard (1...63).contains(bytes.count), let first = bytes.first, PrincipalName.isAlphanumeric(first),
            bytes.allSatisfy({ PrincipalName.isAlphanumeric($0) || ".-_".utf8.contains($0) })
        else { return nil }
        rawValue = String(text)
    }

    package var description: String { rawValue }
    package static func < (a: PrincipalName, b: PrincipalName) -> Bool { a.rawValue < b.rawValue }

    /// Who acts where nobody has to say who they are. Taken: nobody can be given this name.
    package static let anonymous = PrincipalName("anonymous")!

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
