import ArgumentParser
import Control

struct Reload: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Have a gateway read its settings again.",
        discussion: "Exit status: 0 done, 1 the file is faulty and the old settings stay, 2 not reached.")

    @Option(help: "Why; it goes into the trail.")
    var reason: String?

    @OptionGroup var control: ControlClient

    func run() throws {
        var body: [String: any Encodable & Sendable] = [:]
        body["reason"] = reason
        try control.show("POST", "/v1/reload", body, as: ReloadDocument.self) { done in
            print("in force now: \(done.applied.joined(separator: ", "))")
            if !done.needs_restart.isEmpty {
                print("in force from the next start on: \(done.needs_restart.joined(separator: ", "))")
            }
        }
    }
}
