/// One thing wrong with the settings: where, what, and what was expected.
package struct SettingsFault: Sendable, Equatable, CustomStringConvertible {
    /// The file's name, or the environment variable's.
    package var source: String
    /// From 1; `nil` for the environment and for what is missing.
    package var line: Int?
    package var column: Int?
    package var key: String
    package var message: String

    package init(source: String, line: Int?, column: Int?, key: String, message: String) {
        self.source = source
        self.line = line
        self.column = column
        self.key = key
        self.message = message
    }

    package var description: String {
        let place = line.map { "\(source):\($0):\(column ?? 1)" } ?? source
        return key.isEmpty ? "\(place): \(message)" : "\(place): \(key): \(message)"
    }
}

/// All that is wrong, named at once.
package struct SettingsError: Error, CustomStringConvertible {
    package var faults: [SettingsFault]

    package init(faults: [SettingsFault]) { self.faults = faults }

    package var description: String { faults.map(\.description).joined(separator: "\n") }
}
