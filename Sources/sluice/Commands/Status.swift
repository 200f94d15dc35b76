import ArgumentParser
import Control
import Foundation

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say how a gateway stands: landing zones, streams, what has not landed.",
        discussion: "Exit status: 0 ready, 1 not ready or refused, 2 not reached.")

    @OptionGroup var control: ControlClient

    @Flag(help: "Show it again and again, until interrupted.")
    var watch = false

    @Option(help: "Seconds between two looks with --watch.")
    var interval = 1.0

    func validate() throws {
        guard interval >= 0.1 else { throw ValidationError("--interval must be at least 0.1.") }
    }

    func run() throws {
        repeat {
            let text = try control.ask("GET", "/v1/status")
            let status = try JSONDecoder().decode(StatusDocument.self, from: Data(text.utf8))
            if control.json {
                print(text.trimmingCharacters(in: .newlines))
            } else {
                // Home and clear: the whole page is written anew.
                if watch, isatty(1) == 1 { print("\u{1B}[H\u{1B}[2J", terminator: "") }
                print(StatusPage(status).text)
            }
            guard watch else {
                if !status.ready { throw ExitCode(1) }
                return
            }
            fflush(nil)
            Thread.sleep(forTimeInterval: interval)
        } while true
    }
}
