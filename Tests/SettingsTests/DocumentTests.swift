import Foundation
import Model
import Settings
import Testing

/// Holds `config/local.yaml` and `docs/settings.md` to the catalogue.
@Suite struct DocumentTests {
    private func text(_ path: String) throws -> String {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    @Test("config/local.yaml is valid and sets every key to its default")
    func localSettings() throws {
        let text = try text("config/local.yaml")
        let settings = try Settings.parse(text, source: "config/local.yaml")
        #expect(
            settings.streams.map(\.name.rawValue) == ["audit_logs", "job_events", "billing_usage", "cluster_metrics"])
        let written = written(in: text)
        for key in SettingsCatalogue.keys {
            #expect(written[key.path] == key.standard, "\(key.path)")
        }
        #expect(Set(written.keys) == Set(SettingsCatalogue.keys.map(\.path)))
    }

    @Test("config/local.yaml names every stream key that has a default, with it")
    func localStreamSettings() throws {
        let comments = try text("config/local.yaml").split(separator: "\n").filter { $0.hasPrefix("#   ") }
        for key in SettingsCatalogue.streamKeys {
            guard let standard = key.standard else {
                #expect(try text("config/local.yaml").contains("    \(key.path):"), "\(key.path)")
                continue
            }
            #expect(comments.contains { $0.hasPrefix("#   \(key.path): \(standard) ") }, "\(key.path): \(standard)")
        }
    }

    @Test("docs/settings.md says what the catalogue says")
    func reference() throws {
        let expected = SettingsTable.markdown
        let isSame = try text("docs/settings.md").hasSuffix(expected)
        if !isSame { print("docs/settings.md should end in:\n\n\(expected)") }
        #expect(isSame)
    }

    /// The scalars of the sections before `streams`, as written: by a reader of two levels that is not Yams.
    private func written(in text: String) -> [String: String] {
        var values: [String: String] = [:]
        var section = ""
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let uncommented = line.split(separator: " #").first.map(String.init) ?? ""
            let parts = uncommented.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            guard parts.count >= 1, parts[0] != "streams" else { break }
            if !line.hasPrefix(" ") { section = parts[0] }
            guard parts.count == 2, !parts[1].isEmpty else { continue }
            values[line.hasPrefix(" ") ? "\(section).\(parts[0])" : parts[0]] = parts[1]
        }
        return values
    }
}
