import Model

/// Says of one instant after the other whether it lies in a cut or hold. They may overlap.
struct SpanCursor {
    /// That have not ended, by their beginnings.
    private var left: ArraySlice<(from: MonotonicInstant, to: MonotonicInstant)>

    init(_ spans: [Scenario.Span]) {
        let begin = MonotonicInstant(nanoseconds: 0)
        left = spans.map { (begin + $0.at, begin + $0.at + $0.lasts) }.sorted { $0.from < $1.from }[...]
    }

    /// - Parameter now: not before that of the last call.
    mutating func isWithin(_ now: MonotonicInstant) -> Bool {
        while let first = left.first, first.to <= now { left.removeFirst() }
        return left.first.map { $0.from <= now } ?? false
    }
}
