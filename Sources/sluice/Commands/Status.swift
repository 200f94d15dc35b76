import ArgumentParser
import Foundation

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say whether a gateway is ready, and what each of its parts says.",
        discussion: "Exit status: 0 ready, 1 not ready, 2 not reached.")

    @Option(help: "The gateway's data plane.")
    var url = "http://127.0.0.1:8080"

    @Flag(help: "Print the result as JSON.")
    var json = false

    func run() async throws {
        let response: SmallHTTP.Response
        do {
            response = try SmallHTTP.get(url: url, path: "/readyz?verbose&format=json")
        } catch {
            print("sluice status: \(url) can't be reached: \(error). Is the gateway running?", to: &StandardError.shared)
            throw ExitCode(2)
        }
        print(response.body)
        if response.status != 200 { throw ExitCode(1) }
    }
}
