import Access
import Foundation
import Gateway
import Model
import Telemetry
import Testing

@testable import Control

/// Holds `openapi-control.yaml` and `docs/control.md` to the code.
@Suite("Documents of the control plane") struct DocumentTests {
    private func text(_ path: String) throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    private var routes: [Route] { RouteTable(Bench().parts).routes }

    @Test("openapi-control.yaml has every target with its method, and no other")
    func targets() throws {
        var described: Set<String> = []
        var path = ""
        for line in try text("openapi-control.yaml").split(separator: "\n") {
            if line.hasPrefix("components:") { break }
            if line.hasPrefix("  /") { path = line.trimmingCharacters(in: CharacterSet(charactersIn: " :")) }
            for method in ["get", "post", "patch", "delete", "put"] where line == "    \(method):" {
                described.insert("\(method.uppercased()) \(path)")
            }
        }
        #expect(described == Set(routes.map { $0.target }))
    }

    @Test("openapi-control.yaml and docs/control.md have every problem type, and no other")
    func problems() throws {
        let slugs = ControlProblem.Kind.allCases.map(\.rawValue)
        let listed = try text("openapi-control.yaml").split(separator: "\n").compactMap { line in
            line.split(separator: "- urn:sluice:problem:").dropFirst().first.map(String.init)
        }
        #expect(listed == slugs)
        let rows = try text("docs/control.md").split(separator: "\n").filter {
            $0.hasPrefix("| `") && $0.hasSuffix("P |")
        }
        #expect(
            rows.map(String.init)
                == ControlProblem.Kind.allCases.map { "| `\($0.rawValue)` | \($0.status) | \($0.title) | P |" })
    }

    @Test("docs/control.md has every target with its least role")
    func roles() throws {
        let rows = try text("docs/control.md").split(separator: "\n").filter {
            $0.hasPrefix("| `GET") || $0.hasPrefix("| `POST") || $0.hasPrefix("| `PATCH") || $0.hasPrefix("| `DELETE")
        }
        let documented = rows.map { row in
            row.split(separator: "|").prefix(2).map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " ")
        }
        #expect(documented == routes.map { "`\($0.target)` \($0.role?.rawValue ?? "-")" })
    }

    @Test("docs/formats.md has every action of the trail")
    func actions() throws {
        let page = try text("docs/formats.md")
        for action in TrailEntry.Action.allCases {
            #expect(page.contains("`\(action.rawValue)`"), "\(action.rawValue)")
        }
    }
}
