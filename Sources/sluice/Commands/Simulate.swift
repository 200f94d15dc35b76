import ArgumentParser
import Foundation
import World

struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Run simulated worlds of several regions, with cuts, crashes and failing disks, and check every promise.",
        discussion: """
            The gateways in it run the production code of journal, gateway, partition control and landing. A seed makes the
            same world every time. Exit status: 0 every promise held, 1 one did not (the seed is printed), 2 bad arguments.
            """)

    @Option(help: "The first seed.")
    var seed: UInt64 = 1

    @Option(help: "How many worlds: this seed and those that follow it.")
    var runs: UInt64 = 1

    @Option(help: "Hours of faults in each world.")
    var hours = 2.0

    @Flag(help: "Print a JSON object for each world.")
    var json = false

    func validate() throws {
        guard hours > 0, hours <= 10_000 else { throw ValidationError("--hours is more than 0 and at most 10000") }
        guard runs > 0, seed <= UInt64.max - runs else { throw ValidationError("--runs is at least 1") }
    }

    func run() async throws {
        var failed = 0
        var batches = 0
        let began = Date()
        for number in seed..<(seed + runs) {
            let world = World(seed: number, hours: hours)
            do {
                try await world.run()
                batches += world.summary.batches
                if json { print(try prettyJSON(Outcome(seed: number, violation: nil, summary: world.summary))) }
            } catch {
                failed += 1
                if json {
                    print(try prettyJSON(Outcome(seed: number, violation: "\(error)", summary: world.summary)))
                } else {
                    print("seed \(number): \(error)")
                    print("  again: sluice simulate --seed \(number) --hours \(hours)")
                }
            }
            if !json, isatty(2) == 1 {
                print("\r\(number - seed + 1) of \(runs) worlds", terminator: "", to: &StandardError.shared)
            }
        }
        if !json {
            let seconds = Date().timeIntervalSince(began)
            print(
                "\(runs) worlds of \(hours) hours in \(Int(seconds.rounded(.up))) s: \(batches) batches acknowledged, \(failed) worlds in which a promise did not hold"
            )
        }
        if failed > 0 { throw ExitCode(1) }
    }

    private struct Outcome: Encodable {
        var seed: UInt64
        var violation: String?
        var summary: Summary
    }
}
