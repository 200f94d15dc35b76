import ArgumentParser
import Foundation

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say whether a gateway is ready, and what each of its parts says.",
        discussion: "Exit status: 0 ready, 1 not ready, 2 not reached.")

    @Option(help: "The gateway's data plane.")
    var url = "http://127.0.0.1:8080"

    @Flag(help: "Print the gateway's answer as JSON.")
    var json = false

    func run() throws {
        let answer: LocalHTTP.Answer
        do {
            answer = try LocalHTTP.get(url, path: "/readyz?verbose")
        } catch {
            print("sluice status: \(url): \(error); is the gateway running there?", to: &StandardError.shared)
            throw ExitCode(2)
        }
        if json {
            print(answer.body.trimmingCharacters(in: .newlines))
        } else if let report = try? JSONDecoder().decode(Report.self, from: Data(answer.body.utf8)) {
            print("\(url): \(answer.status == 200 ? "ready" : "NOT ready")")
            for check in report.checks { print("  \(check.ok ? "ok  " : "FAIL")  \(check.name): \(check.detail)") }
        }
        if answer.status != 200 { throw ExitCode(1) }
    }

    private struct Report: Decodable {
        struct Check: Decodable {
            var name: String
            var ok: Bool
            var detail: String
        }
        var checks: [Check]
    }
}
