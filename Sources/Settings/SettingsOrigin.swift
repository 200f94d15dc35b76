import Yams

/// Where a part of the settings was written, for faults that only show later.
package struct SettingsOrigin: Sendable {
    private let source: String
    private let path: String
    private var places: [String: (line: Int, column: Int)] = [:]

    /// - Parameter path: dotted, of the part; empty for what stands alone, as on a command line.
    init(source: String, path: String = "") {
        self.source = source
        self.path = path
    }

    mutating func note(_ key: String, _ mark: Mark?) {
        if let mark { places[key] = (mark.line, mark.column) }
    }

    /// A fault of one key; where that was left out, it is placed at the part's beginning.
    package func fault(_ key: String, _ message: String) -> SettingsFault {
        let place = places[key] ?? places[""]
        return SettingsFault(
            source: source, line: place?.line, column: place?.column, key: path.isEmpty ? key : "\(path).\(key)",
            message: message)
    }
}
