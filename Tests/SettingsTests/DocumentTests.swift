import Foundation
import Model
import Scenarios
import Settings
import Testing

/// Holds `config/local.yaml` and `docs/settings.md` to the catalogue.
@Suite struct DocumentTests {
    private func text(_ path: String) throws -> String {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    /// Where the file differs from the defaults: it is for one machine.
    private let local = ["access.authentication": "none"]

    @Test("config/local.yaml is valid and sets every key to its default, but for one")
    func localSettings() throws {
        let text = try text("config/local.yaml")
        let settings = try Settings.parse(text, source: "config/local.yaml")
        #expect(
            settings.streams.map(\.name.rawValue) == [
                "audit_logs", "job_events", "billing_usage", "cluster_metrics", "deletions", "identities",
            ])
        let written = written(in: text)
        for key in SettingsCatalogue.keys {
            #expect(written[key.path] == local[key.path] ?? key.standard, "\(key.path)")
        }
        #expect(Set(written.keys) == Set(SettingsCatalogue.keys.map(\.path)))
        #expect(settings.zones.map(\.name) == [.main])
        #expect(try Settings.parse("streams: {a: {consistency: strong}}", source: "").zones.map(\.name) == [.main])
    }

    @Test("config/s3.yaml is config/local.yaml with a bucket as its zone")
    func s3Settings() throws {
        let s3 = try text("config/s3.yaml")
        #expect(try withoutZones(s3) == withoutZones(text("config/local.yaml")))
        let least = try Settings.parse(s3, source: "", environment: ["SLUICE_S3_BUCKET": "b-1"])
        guard case .s3(let zone) = try #require(least.zones.first).kind else {
            Issue.record("no bucket")
            return
        }
        #expect(zone.bucket == "b-1" && zone.region == nil && zone.endpoint == nil && !zone.pathStyle)
        let other = try Settings.parse(
            s3, source: "",
            environment: [
                "SLUICE_S3_BUCKET": "bbb", "SLUICE_S3_REGION": "eu-west-1",
                "SLUICE_S3_ENDPOINT": "http://127.0.0.1:9000",
            ])
        guard case .s3(let zone) = try #require(other.zones.first).kind else { return }
        #expect(zone.region == "eu-west-1" && zone.endpoint == "http://127.0.0.1:9000" && zone.pathStyle)
        #expect(throws: SettingsError.self) { try Settings.parse(s3, source: "") }
    }

    /// The text without its first comment and its `zones` section.
    private func withoutZones(_ text: String) throws -> String {
        let body = try #require(text.range(of: "gateway:"))
        let zones = try #require(text.range(of: "zones:"))
        let landing = try #require(text.range(of: "landing:\n"))
        return String(text[body.lowerBound..<zones.lowerBound] + text[landing.lowerBound...])
    }

    @Test("config/local.yaml names every stream key that has a default, with it")
    func localStreamSettings() throws {
        let comments = try text("config/local.yaml").split(separator: "\n").filter { $0.hasPrefix("#   ") }
        for key in SettingsCatalogue.streamKeys {
            guard let standard = key.standard else {
                #expect(try text("config/local.yaml").contains("    \(key.path):"), "\(key.path)")
                continue
            }
            #expect(
                comments.contains { $0.hasPrefix("#   \(key.path): \(standard.isEmpty ? "\"\"" : standard) ") },
                "\(key.path): \(standard)")
        }
    }

    @Test("docs/settings.md says what the catalogue says")
    func reference() throws {
        try expectEnd(of: "docs/settings.md", SettingsTable.markdown)
    }

    private func expectEnd(of path: String, _ expected: String) throws {
        let isSame = try text(path).hasSuffix(expected)
        if !isSame { print("\(path) should end in:\n\n\(expected)") }
        #expect(isSame, "\(path)")
    }

    @Test("docs/scenarios.md says what the catalogue says, and a shipped scenario names every key")
    func scenarios() throws {
        try expectEnd(of: "docs/scenarios.md", SettingsTable.scenarioMarkdown)
        let shipped = try text("config/scenarios/us-west-cut.yaml")
        for key in ScenarioCatalogue.keys {
            let words = key.path.split(separator: ".")
            #expect(shipped.contains(words.count == 1 ? "\n\(words[0]): " : "\n  \(words[1]): "), "\(key.path)")
        }
        for key in ScenarioCatalogue.streamKeys { #expect(shipped.contains("\n    \(key.path): "), "\(key.path)") }
        let span = "{" + ScenarioCatalogue.spanKeys.map { "\($0.path): \\d+" }.joined(separator: ", ") + "}"
        #expect(try shipped.contains(Regex(span)))
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
            guard parts.count == 2, !parts[1].isEmpty, section != "zones" else { continue }
            values[line.hasPrefix(" ") ? "\(section).\(parts[0])" : parts[0]] = parts[1] == "\"\"" ? "" : parts[1]
        }
        return values
    }
}
