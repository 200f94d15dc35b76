/// Says of one moment after the other whether it lies in a cut or hold. They may overlap.
struct SpanCursor {
    /// That have not ended, by their beginnings.
    private var left: ArraySlice<Scenario.Span>

    init(_ spans: [Scenario.Span]) { left = spans.sorted { $0.at < $1.at }[...] }

    /// - Parameter time: from the beginning of the scenario, and not before that of the last call.
    mutating func isWithin(_ time: Duration) -> Bool {
        while let first = left.first, first.end <= time { left.removeFirst() }
        return left.first.map { $0.at <= time } ?? false
    }
}
