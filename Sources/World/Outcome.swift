/// What became of one world.
package struct Outcome: Sendable {
    package var trial: Trial
    package var summary: Summary
    /// What did not hold; `nil` when everything did.
    package var violation: String?

    /// Runs the world.
    package static func of(_ trial: Trial) async -> Outcome {
        let world = World(trial)
        do {
            try await world.run()
            return Outcome(trial: trial, summary: world.summary)
        } catch {
            return Outcome(trial: trial, summary: world.summary, violation: "\(error)")
        }
    }

    /// Runs the worlds on so many threads; `done` gets their outcomes in the order of the trials.
    package static func ofAll(
        _ trials: some Sequence<Trial>, jobs: Int, isolation: isolated (any Actor)? = #isolation,
        done: (Outcome) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: (Int, Outcome).self) { group in
            var early: [Int: Outcome] = [:]
            var next = 0
            var rest = trials.enumerated().makeIterator()
            func begin() {
                guard let (number, trial) = rest.next() else { return }
                group.addTask { (number, await of(trial)) }
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
