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
        sum.rollChecks += summary.rollChecks
        sum.drainChecks += summary.drainChecks
        sum.priorityChecks += summary.priorityChecks
        sum.refusedAtOnce += summary.refusedAtOnce
        sum.duplicates += summary.duplicates
        sum.refusedEvents += summary.refusedEvents
        sum.otherBodies += summary.otherBodies
        sum.orders += summary.orders
        sum.keptChecks += summary.keptChecks
        sum.faults.merge(summary.faults, uniquingKeysWith: +)
        sum.refusals.merge(summary.refusals, uniquingKeysWith: +)
    }

    /// Acknowledged.
    package var batches: Int { sum.batches }

    /// What was injected, fault by fault; what happened; what refusals there were, reason by reason.
    package var rows: [Row] {
        let happened = [
            ("death of a gateway", sum.deaths), ("batch acknowledged", sum.batches),
            ("batch sent again after its receipt", sum.repeats), ("request delivered twice", sum.duplicates),
            ("event refused in a receipt", sum.refusedEvents), ("other body under a key", sum.otherBodies),
            ("order of an operator carried out", sum.orders),
            ("search of a disk for what has not landed", sum.keptChecks),
            ("object landed", sum.objects), ("check of a stream's complete-through", sum.truthChecks),
            ("check that a batch lands within the roll time", sum.rollChecks),
            ("check of a draining backlog's rate and order", sum.drainChecks),
            ("check that low priorities are refused first", sum.priorityChecks),
            ("check that a strong batch is refused at once", sum.refusedAtOnce), ("step of the simulation", sum.steps),
        ]
        return Totals.sorted("injected", sum.faults) + happened.map { Row(kind: "happened", what: $0.0, times: $0.1) }
            + Totals.sorted("refused", sum.refusals)
    }

    private static func sorted(_ kind: String, _ counts: [String: Int]) -> [Row] {
        counts.sorted { $0.key < $1.key }.map { Row(kind: kind, what: $0.key, times: $0.value) }
    }
}
