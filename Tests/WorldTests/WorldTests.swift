import Foundation
import Testing
import World

@Suite struct WorldTests {
    @Test("in simulated worlds of several regions nothing acknowledged is lost, doubled or claimed too early")
    func worlds() async {
        let count = ProcessInfo.processInfo.environment["SLUICE_WORLDS"].flatMap { UInt64($0) } ?? 6
        var totals = Totals()
        for seed in 0..<count {
            let outcome = await Outcome.of(Trial(seed: seed, hours: 1))
            totals.add(outcome)
            if let violation = outcome.violation {
                Issue.record("seed \(seed): \(violation); again: sluice simulate --seed \(seed) --hours 1")
            }
        }
        for row in totals.rows where row.kind == "happened" {
            #expect(row.times > 0, "no \(row.what): the worlds can't have noticed what is wrong there")
        }
    }

    @Test("seeds of which a world once broke a promise make sound worlds", arguments: Seeds.known)
    func known(_ known: Seeds.Known) async {
        let outcome = await Outcome.of(Trial(seed: known.seed, hours: known.hours))
        #expect(outcome.violation == nil, "\(known.story)")
    }

    @Test(
        "a seed makes the same history again, line by line, here and in the release build",
        arguments: 1...8 as ClosedRange<UInt64>)
    func sameAgain(_ seed: UInt64) async throws {
        let digests = await [seed, seed].asyncMap { await Outcome.of(Trial(seed: $0, hours: 0.1)).summary.digest }
        #expect(digests[0] == digests[1])
        #expect(digests[0] == (try ReleaseBuild.digest(ofSeed: seed, hours: 0.1)))
    }

    @Test("another seed makes another history")
    func others() async {
        let digests = await [1, 2].asyncMap { await Outcome.of(Trial(seed: $0, hours: 0.02)).summary.digest }
        #expect(digests[0] != digests[1])
    }

    @Test("worlds run at once have the histories that they have one by one, and come in the order of their seeds")
    func jobs() async throws {
        let trials = (1...6).map { Trial(seed: $0, hours: 0.02) }
        let alone = await trials.asyncMap { await Outcome.of($0).summary.digest }
        var together: [String] = []
        try await Outcome.ofAll(trials, jobs: 3) { together.append($0.summary.digest) }
        #expect(together == alone)
    }

    @Test("a landing zone or a disk that breaks its word is found out", arguments: Betrayal.allCases)
    func betrayed(_ betrayal: Betrayal) async {
        #expect(await broken(betrayal) != nil)
    }

    @Test("a broken world is reduced to a shorter one that is broken too, and that runs the same way again")
    func reduced() async throws {
        let outcome = try #require(await broken(.forgetsObjects))
        let size = World(outcome.trial).size
        var reducer = Reducer(outcome.trial, violation: try #require(outcome.violation), runsMax: 40)
        await reducer.reduce()
        let kept = (reducer.trial.faults ?? []).count + (reducer.trial.producers ?? []).count
        #expect(reducer.trial.faults != nil && kept < size.faults + size.producers)
        #expect(reducer.runs <= 40)
        let again = await Outcome.of(reducer.trial)
        #expect(again.violation == reducer.violation)
        #expect(reducer.violation.promise == outcome.violation?.promise)
    }

    @Test("of a broken world's history the last 200 lines are shown, or all, and then the command that makes it again")
    func report() async throws {
        var outcome = await Outcome.of(Trial(seed: 1, hours: 0.01, betrayal: .overwrites))
        outcome.trial.faults = []
        outcome.trial.producers = [4, 0]
        outcome.violation = Violation(.once, "nothing holds")
        for count in [199, 200] {
            outcome.timeline = (1...count).map { "line \($0)" }
            let report = try #require(ViolationReport(outcome))
            #expect(report.headline == "seed 1: once: nothing holds")
            let arguments = "--seed 1 --hours 0.01 --betray overwrites --faults - --producers 0,4"
            let end = [
                "  line \(count)", "  NOT KEPT: once: nothing holds",
                "  again: sluice simulate \(arguments) --timeline --no-reduce",
            ]
            let whole = report.details(isWhole: true).split(separator: "\n").map(String.init)
            #expect(whole.first == "  line 1" && whole.suffix(3) == end[...] && whole.count == count + 2)
            let short = report.details(isWhole: false).split(separator: "\n").map(String.init)
            #expect(short.suffix(3) == end[...])
            let cut = ["  (the last 200 of 201 lines)", "  line 2"]
            #expect(short.prefix(2) == (count == 199 ? whole.prefix(2) : cut[...]))
        }
        outcome.violation = nil
        #expect(ViolationReport(outcome) == nil)
    }

    @Test("a trial's arguments are as people write them", arguments: [(2.0, "2"), (0.02, "0.02"), (1.5, "1.5")])
    func arguments(_ hours: Double, _ text: String) {
        #expect(Trial(seed: 7, hours: hours).arguments == "--seed 7 --hours \(text)")
    }

    private func broken(_ betrayal: Betrayal) async -> Outcome? {
        for seed in 0..<30 as Range<UInt64> {
            let outcome = await Outcome.of(Trial(seed: seed, hours: 0.3, betrayal: betrayal))
            if outcome.violation != nil { return outcome }
        }
        return nil
    }
}

extension Sequence {
    fileprivate func asyncMap<T>(_ body: (Element) async -> T) async -> [T] {
        var results: [T] = []
        for element in self { results.append(await body(element)) }
        return results
    }
}
