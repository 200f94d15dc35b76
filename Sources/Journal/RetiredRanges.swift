import Model

/// Which sequences the key log remembers: those of segments that have landed and are gone.
struct RetiredRanges {
    private var ranges: [Incarnation: [SequenceRange]] = [:]

    /// Batches of one segment come in order, so that nearly all join the range before them.
    mutating func add(_ incarnation: Incarnation, _ range: SequenceRange) {
        guard !range.isEmpty else { return }
        var known = ranges.removeValue(forKey: incarnation) ?? []
        if let last = known.last, last.end == range.first {
            known[known.count - 1] = SequenceRange(first: last.first, count: last.count + range.count)
        } else {
            known.append(range)
        }
        ranges[incarnation] = known
    }

    func of(_ incarnation: Incarnation) -> [SequenceRange] { ranges[incarnation] ?? [] }
}
