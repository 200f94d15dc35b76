/// What became of one world.
package struct Outcome: Sendable {
    package var trial: Trial
    package var summary: Summary
    /// What did not hold; `nil` when everything did.
    package var violation: Violation?
    /// What happened, a line each, when the history was kept.
    package var timeline: [String]

    /// Runs the world.
    /// - Parameter keepsHistory: for ``timeline``. Default false.
    package static func of(_ trial: Trial, keepsHistory: Bool = false) async -> Outcome {
        UnderWay.begin(trial)
        defer { UnderWay.end(trial) }
        let world = World(trial, keepsHistory: keepsHistory)
        var violation: Violation?
        do throws(Violation) { try await world.run() } catch { violation = error }
        return Outcome(trial: trial, summary: world.summary, violation: violation, timeline: world.timeline)
    }

    /// Runs the worlds, so many at once; `done` gets their outcomes in the order of the trials.
    package static func ofAll(
        _ trials: some Sequence<Trial>, jobs: Int, keepsHistory: Bool = false,
        isolation: isolated (any Actor)? = #isolation,
        done: (Outcome) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: (Int, Outcome).self) { group in
            var early: [Int: Outcome] = [:]
            var next = 0
            var rest = trials.enumerated().makeIterator()
            func begin() {
                guard let (number, trial) = rest.next() else { return }
                group.addTask { (number, await of(trial, keepsHistory: keepsHistory)) }
            }
            for _ in 0..<max(1, jobs) { begin() }
            while let (number, outcome) = try await group.next() {
                early[number] = outcome
                begin()
                while let ready = early.removeValue(forKey: next) {
                    next += 1
                    try await done(ready)
                }
            }
        }
    }
}
