/// What happened in several worlds, added up.
package struct Totals: Sendable {
    /// What was counted, of one kind.
    package struct Row: Sendable, Equatable {
        package var kind: String
        package var what: String
        package var times: Int
    }

    /// Worlds in which a promise did not hold.
    package private(set) var broken = 0
    private var sum = Summary()

    package init() {}

    package mutating func add(_ outcome: Outcome) {
        let summary = outcome.summary
        if outcome.violation != nil { broken += 1 }
        sum.batches += summary.batches
        sum.repeats += summary.repeats
        sum.objects += summary.objects
        sum.steps += summary.steps
        sum.deaths += summary.deaths
        sum.truthChecks += summary.truthChecks
        sum.faults.merge(summary.faults, uniquingKeysWith: +)
        sum.refusals.merge(summary.refusals, uniquingKeysWith: +)
    }

    /// Acknowledged.
    package var batches: Int { sum.batches }

    /// What was injected, fault by fault; what happened; what refusals there were, reason by reason.
    package var rows: [Row] {
        let happened = [
            ("death of a gateway", sum.deaths), ("batch acknowledged", sum.batches),
            ("batch sent again after its receipt", sum.repeats), ("object landed", sum.objects),
            ("check of a stream's complete-through", sum.truthChecks), ("step of the simulation", sum.steps),
        ]
        return Totals.sorted("injected", sum.faults) + happened.map { Row(kind: "happened", what: $0.0, times: $0.1) }
            + Totals.sorted("refused", sum.refusals)
    }

    private static func sorted(_ kind: String, _ counts: [String: Int]) -> [Row] {
        counts.sorted { $0.key < $1.key }.map { Row(kind: kind, what: $0.key, times: $0.value) }
    }
}
