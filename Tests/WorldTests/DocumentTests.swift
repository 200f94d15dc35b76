import Foundation
import Testing
import World

/// Holds the table of promises in `docs/reliability.md` to the worlds.
@Suite struct DocumentTests {
    @Test("docs/reliability.md has a row for each promise that a violation can name, in their order, and for no other")
    func promises() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
        let text = try String(contentsOf: root.appending(path: "docs/reliability.md"), encoding: .utf8)
        let table = try #require(
            text.components(separatedBy: "| promise | what is checked |\n|---|---|\n").dropFirst().first)
        let rows = table.components(separatedBy: "\n\n")[0].split(separator: "\n")
        #expect(rows.map { $0.split(separator: "`")[1] } == Promise.allCases.map { Substring($0.rawValue) })
    }
}
