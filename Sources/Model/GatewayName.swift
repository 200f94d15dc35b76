/// The name of a gateway, unique over all gateways that write to one landing zone: `[a-z0-9][a-z0-9-]{0,31}`.
package struct GatewayName: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    /// Parses a name; `nil` when it does not match the grammar.
    package init?(_ text: some StringProtocol) {
        let text = String(text)
        guard isDashedName(text) else { return nil }
        rawValue = text
    }

    package var description: String { rawValue }
}
