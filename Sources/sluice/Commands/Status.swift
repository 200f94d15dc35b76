import ArgumentParser
import Audit
import Control
import Foundation

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say how a gateway stands: landing zones, streams, what has not landed.",
        discussion: """
            With --zone or --config it says too through when each stream is complete, over all gateways of those landing zones, \
            and who holds it back. Exit status: 0 ready, 1 not ready or refused, 2 not reached.
            """)

    @OptionGroup var control: ControlClient
    @OptionGroup var completeness: CompletenessCheck

    @Flag(help: "Show it again and again, until interrupted.")
    var watch = false

    @Option(help: "Seconds between two looks with --watch.")
    var interval = 1.0

    func validate() throws {
        guard interval >= 0.1 else { throw ValidationError("--interval must be at least 0.1.") }
    }

    func run() async throws {
        repeat {
            let text = try control.ask("GET", "/v1/status")
            let status = try JSONDecoder().decode(StatusDocument.self, from: Data(text.utf8))
            let landed = completeness.isWanted ? try await completeness.run(command: "status") : nil
            if control.json {
                print(try Self.json(text, landed))
            } else {
                // Home and clear: the whole page is written anew.
                if watch, isatty(1) == 1 { print("\u{1B}[H\u{1B}[2J", terminator: "") }
                print(StatusPage(status, landed: landed).text)
            }
            guard watch else {
                if !status.ready { throw ExitCode(1) }
                return
            }
            fflush(nil)
            try await Task.sleep(for: .seconds(interval))
        } while true
    }

    /// The gateway's answer as it came; with `landed`, as its member `gateway`.
    private static func json(_ text: String, _ landed: [AuditReport.Stream]?) throws -> String {
        let answer = text.trimmingCharacters(in: .newlines)
        guard let landed else { return answer }
        return "{\"gateway\":\(answer),\"landed\":\(try prettyJSON(landed))}"
    }
}
