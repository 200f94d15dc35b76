/// The settings of one profile, from both files. Prints as its name: settings hold secrets.
package struct Profile: Sendable, CustomStringConvertible, CustomReflectable {
    let name: String
    private let settings: [String: String]

    init(name: String, settings: [String: String]) {
        self.name = name
        self.settings = settings
    }

    /// Nil when the key is not there, or has no value.
    package subscript(_ key: String) -> String? { settings[key].flatMap { $0.isEmpty ? nil : $0 } }

    /// Whether any key begins so.
    func has(prefix: String) -> Bool { settings.keys.contains { $0.hasPrefix(prefix) } }

    package var description: String { "profile `\(name)`" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
