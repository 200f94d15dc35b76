import Payload

/// Builds one JSON object as text, members in the order given. For the gateway's own few lines (ledger facts, the trail), not for
/// the hot path.
package struct JSONText: Sendable {
    package private(set) var text = "{"

    package init() {}

    /// The finished object.
    package var closed: String { text + "}" }

    package mutating func add(_ name: String, _ value: String) {
        key(name)
        JSONText.quote(value, into: &text)
    }

    package mutating func add(_ name: String, _ value: some BinaryInteger) {
        key(name)
        text += String(value)
    }

    /// A nested object of strings, its names in order.
    package mutating func add(_ name: String, object: [String: String]) {
        key(name)
        var nested = JSONText()
        for (name, value) in object.sorted(by: { $0.key < $1.key }) { nested.add(name, value) }
        text += nested.closed
    }

    private mutating func key(_ name: String) {
        if text.utf8.count > 1 { text += "," }
        JSONText.quote(name, into: &text)
        text += ":"
    }

    private static func quote(_ value: String, into text: inout String) {
        text += "\""
        JSONEscape.append(value, to: &text)
        text += "\""
    }
}
