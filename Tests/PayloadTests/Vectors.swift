import Foundation

/// Files that are not part of the repository: where they are absent, tests on them say so and pass.
enum Vectors {
    /// The package's root, from this file's place in it.
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static func place(_ variable: String, _ standard: String) -> URL {
        ProcessInfo.processInfo.environment[variable].map { URL(fileURLWithPath: $0) }
            ?? root.deletingLastPathComponent().appendingPathComponent(standard)
    }

    /// The JSON parsing vectors (JSONTestSuite), by file name; empty when absent.
    static func json() throws -> [(name: String, bytes: Data)] {
        let directory = place("SLUICE_VECTORS", "shared/vectors").appendingPathComponent("json")
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: directory.path) else {
            print("SKIPPED: no JSON vectors at \(directory.path); set SLUICE_VECTORS")
            return []
        }
        return try names.sorted().filter { $0.hasSuffix(".json") }.map {
            ($0, try Data(contentsOf: directory.appendingPathComponent($0)))
        }
    }

    /// Real audit events, one a line; `nil` when absent.
    static func cloudTrail() throws -> Data? {
        let file = place("SLUICE_DATA", "shared/data/cloudtrail.ndjson")
        guard FileManager.default.fileExists(atPath: file.path) else {
            print("SKIPPED: no events at \(file.path); set SLUICE_DATA")
            return nil
        }
        return try Data(contentsOf: file)
    }

    /// `docs/json-policy.md`, which the behaviour is held to.
    static func policy() throws -> String {
        try String(contentsOf: root.appendingPathComponent("docs/json-policy.md"), encoding: .utf8)
    }
}
