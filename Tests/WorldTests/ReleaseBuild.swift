import Foundation
import Testing

/// The binary that ships, of the same sources: `make build` makes it.
enum ReleaseBuild {
    private struct Report: Decodable {
        struct Summary: Decodable { var digest: String }
        var summary: Summary
    }

    /// Of a simulated world's history.
    static func digest(ofSeed seed: UInt64, hours: Double) throws -> String {
        let package = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
        let process = Process()
        process.executableURL = package.appending(path: ".build/release/sluice")
        process.arguments = ["simulate", "--seed", "\(seed)", "--hours", "\(hours)", "--json"]
        let output = Pipe()
        process.standardOutput = output
        try #require(
            FileManager.default.isExecutableFile(atPath: process.executableURL!.path), "run `make build` first")
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(String(decoding: text, as: UTF8.self))")
        return try JSONDecoder().decode(Report.self, from: text).summary.digest
    }
}
