import ArgumentParser
import Foundation
import Model
import World

struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Run simulated worlds of several regions, with cuts, crashes and failing disks, and check every promise.",
        discussion: """
            The gateways in it run the production code of journal, gateway, partition control and landing, between an HTTP \
            door and a landing zone that are simulated. A seed makes the same world every time. When a promise does not \
            hold, the world is reduced to a short history that breaks the same one, which is printed with the command that \
            replays it. Several worlds end with what was injected in all of them, how often.

            With --scenario it says what a cut would do to one region: backlog, refusals, freshness, time to drain; see \
            config/scenarios. That is a model of flows, decided by the gateway's own budget, partition control and landing \
            schedule, and not a simulated world.

            Exit status: 0 every promise held, 1 one did not, 2 a scenario has faults or its plot can't be written, 64 the \
            arguments are wrong.
            """)

    /// The others are mostly the same again.
    private static let reducedMax = 3

    @Option(help: "The first seed.")
    var seed: UInt64 = 1

    @Option(help: "How many worlds: this seed and those that follow it.")
    var runs: UInt64 = 1

    @Option(help: "Hours of faults in each world; up to 3 hours of calm follow, in which everything must land.")
    var hours = 2.0

    @Option(help: "Worlds at once; more than there are cores makes nothing faster.")
    var jobs = 1

    @Option(help: ArgumentHelp("Only these faults of the plan happen; none: -.", valueName: "n,n,..."))
    var faults: NumberList?

    @Option(help: ArgumentHelp("Only these producers send.", valueName: "n,n,..."))
    var producers: NumberList?

    @Flag(help: "Print what happened, line by line.")
    var timeline = false

    @Flag(
        inversion: .prefixedNo,
        help:
            "Reduce the first \(Simulate.reducedMax) worlds in which a promise did not hold, each in up to \(ViolationReport.runsMax) runs, and print the last \(ViolationReport.linesMax) lines of what happened there."
    )
    var reduce = true

    @Flag(help: "Print a JSON object for each world, one a line if there are several, or for the scenario.")
    var json = false

    /// For tests of what is said of a broken promise.
    @Option(
        help: ArgumentHelp(
            "What the landing zone does against its word.", valueName: "name", visibility: .hidden))
    var betray: Betrayal?

    @Option(
        help: "Answer a scenario instead: a file that says what comes in, what the link carries and when it is cut.")
    var scenario: String?

    @Option(help: "Draw the scenario's answer into this SVG file; -: on standard output, and nothing else there.")
    var plot: String?

    func validate() throws {
        guard hours > 0, hours <= 10_000 else { throw ValidationError("--hours is more than 0 and at most 10000") }
        guard runs > 0 else { throw ValidationError("--runs is at least 1") }
        guard seed <= UInt64.max - runs else { throw ValidationError("--seed and --runs go beyond the last seed") }
        guard (1...256).contains(jobs) else { throw ValidationError("--jobs is 1 to 256") }
        if timeline || faults != nil || producers != nil, runs != 1 {
            throw ValidationError("--timeline, --faults and --producers are for one world: leave --runs out")
        }
        if scenario != nil,
            seed != 1 || runs != 1 || hours != 2 || jobs != 1 || timeline || faults != nil || producers != nil
                || !reduce || betray != nil
        {
            throw ValidationError("--scenario is no simulated world: only --json and --plot go with it")
        }
        if plot != nil, scenario == nil { throw ValidationError("--plot draws a scenario: give --scenario too") }
        if plot == "-", json { throw ValidationError("--plot - and --json both go to standard output: leave one out") }
        if timeline, json { throw ValidationError("--timeline is for people: leave --json out") }
    }

    func run() async throws {
        if let scenario { return try ScenarioAnswer(file: scenario, plot: plot, json: json).give() }
        try checkNumbers()
        FallenWorld.watch()
        let began = Date()
        let line = ProgressLine()
        var totals = Totals()
        let trials = (seed..<(seed + runs)).lazy.map { seed in
            var trial = Trial(seed: seed, hours: hours, betrayal: betray)
            trial.faults = faults?.numbers
            trial.producers = producers?.numbers
            return trial
        }
        try await Outcome.ofAll(trials, jobs: jobs, keepsHistory: timeline) { outcome in
            totals.add(outcome)
            if json {
                print(try runs == 1 ? prettyJSON(Report(outcome)) : compactJSON(Report(outcome)))
            } else if var report = ViolationReport(outcome) {
                line.end()
                print(report.headline)
                if reduce, totals.broken <= Simulate.reducedMax { await report.reduce() }
                print(report.details(isWhole: timeline))
            } else if timeline {
                print(outcome.timeline.joined(separator: "\n"))
            }
            // Whatever ends this process, what it has found is told.
            fflush(nil)
            if runs > 1, !json { line.show { "\(outcome.trial.seed - seed + 1) of \(runs) worlds" } }
        }
        line.end()
        if !json {
            if runs > 1 { print(table(totals), terminator: "\n\n") }
            print(closing(totals, seconds: Date().timeIntervalSince(began)))
        }
        if totals.broken > 0 { throw ExitCode(1) }
    }

    /// What the world does not have can't happen in it.
    private func checkNumbers() throws {
        guard faults != nil || producers != nil else { return }
        let size = World(Trial(seed: seed, hours: hours), keepsHistory: false).size
        for (option, given, count) in [
            ("faults", faults, size.faults), ("producers", producers, size.producers),
        ] {
            guard let most = given?.numbers.max(), most >= count else { continue }
            throw ValidationError("--\(option) \(most): the world of this seed and these hours has \(count), from 0 on")
        }
    }

    private func table(_ totals: Totals) -> String {
        var table = TextTable("KIND", "WHAT", "TIMES")
        for row in totals.rows { table.add(row.kind, row.what, Words.count(row.times)) }
        return table.text
    }

    /// The last line; scripts read it.
    private func closing(_ totals: Totals, seconds: Double) -> String {
        let worlds = Words.counted(runs, "world", "worlds")
        let broken = Words.counted(totals.broken, "world", "worlds")
        let taken = Words.counted(totals.batches, "batch", "batches")
        let length = hours == 1 ? "1 hour" : "\(Trial(seed: seed, hours: hours).hoursText) hours"
        return
            "\(worlds) of \(length) in \(Int(seconds.rounded(.up))) s: \(taken) acknowledged, \(broken) in which a promise did not hold"
    }

    private struct Report: Encodable {
        var seed: UInt64
        var hours: Double
        /// Which promise did not hold, and what happened instead.
        var promise: String?
        var violation: String?
        var summary: Summary

        init(_ outcome: Outcome) {
            seed = outcome.trial.seed
            hours = outcome.trial.hours
            promise = outcome.violation?.promise.rawValue
            violation = outcome.violation?.detail
            summary = outcome.summary
        }
    }
}
