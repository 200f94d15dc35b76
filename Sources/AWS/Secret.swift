/// A text that no log, error, dump or debugger line shows. Only ``reveal()`` gives it out, where it goes on the wire.
package struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let text: String

    package init(_ text: String) { self.text = text }

    package func reveal() -> String { text }

    package var description: String { "<redacted>" }
    package var debugDescription: String { "<redacted>" }
    /// Without children: `dump` and `Mirror` would otherwise walk into the stored text.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
