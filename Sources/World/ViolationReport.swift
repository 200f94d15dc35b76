/// What people read of a world in which a promise did not hold: what did not, a history that breaks it, and the command that
/// makes exactly that history again.
package struct ViolationReport: Sendable {
    /// Worlds run to find a shorter history, at most.
    package static let runsMax = 150
    /// Lines of a history that are shown when not all are asked for.
    package static let linesMax = 200

    /// The world and what did not hold in it, before any reduction.
    package let headline: String
    private var reduction: String?
    private var outcome: Outcome
    private var violation: Violation

    /// `nil` when every promise held.
    package init?(_ outcome: Outcome) {
        guard let violation = outcome.violation else { return nil }
        headline = "seed \(outcome.trial.seed): \(violation)"
        self.outcome = outcome
        self.violation = violation
    }

    /// Looks for a shorter history that breaks a promise, and goes on with that.
    package mutating func reduce() async {
        var reducer = Reducer(outcome.trial, violation: violation, runsMax: ViolationReport.runsMax)
        await reducer.reduce()
        let whole = reducer.size
        let faults = "\(reducer.trial.faults?.count ?? whole.faults) of \(whole.faults) faults"
        let producers = "\(reducer.trial.producers?.count ?? whole.producers) of \(whole.producers) producers"
        reduction = "reduced in \(reducer.runs) runs to \(faults) and \(producers), where: \(reducer.violation)"
        outcome = await Outcome.of(reducer.trial, keepsHistory: true)
        violation = outcome.violation ?? reducer.violation
    }

    /// All that follows the headline: the reduction, the history where it was kept, the command.
    /// - Parameter isWhole: all of the history, and not only its last lines.
    package func details(isWhole: Bool) -> String {
        var lines = reduction.map { [$0] } ?? []
        if !outcome.timeline.isEmpty {
            let history = outcome.timeline + ["NOT KEPT: \(violation)"]
            let shown = isWhole ? history[...] : history.suffix(ViolationReport.linesMax)
            if shown.count < history.count { lines.append("(the last \(shown.count) of \(history.count) lines)") }
            lines += shown
        }
        lines.append("again: sluice simulate \(outcome.trial.arguments) --timeline --no-reduce")
        return lines.map { "  " + $0 }.joined(separator: "\n")
    }
}
