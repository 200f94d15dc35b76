import Foundation

/// moto's Security Token Service, as a process of its own; see `sts_server.py`. Ends with the tests.
final class STSServer: Sendable {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let python = root.appendingPathComponent(".venv/bin/python")

    /// Whether moto is there: tests that need it say so and pass where it isn't.
    static let isThere: Bool = {
        let packages = root.appendingPathComponent(".venv/lib")
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: packages.path)) ?? []
        let isThere = versions.contains {
            FileManager.default.fileExists(atPath: packages.appendingPathComponent("\($0)/site-packages/moto").path)
        }
        if !isThere { print("SKIPPED: no moto in .venv for the Security Token Service; run `make venv`") }
        return isThere
    }()

    static let shared = STSServer()

    let url: String
    /// Its end closes the server's standard input, which ends it.
    private let leash = Pipe()

    private init() {
        let process = Process()
        process.executableURL = Self.python
        process.arguments = [
            Self.root.appendingPathComponent("Tests/AWSTests/STS/sts_server.py").path
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = leash
        try! process.run()
        var line = ""
        while !line.hasSuffix("\n"), let byte = try? output.fileHandleForReading.read(upToCount: 1), !byte.isEmpty {
            line += String(decoding: byte, as: UTF8.self)
        }
        guard let port = Int(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            fatalError("the test's Security Token Service did not start: \(line)")
        }
        url = "http://127.0.0.1:\(port)"
    }
}
