package import Model

/// Which sequences the key log remembers: those of segments that have landed and are gone.
package struct RetiredRanges: Sendable {
    private var ranges: [Incarnation: [SequenceRange]] = [:]

    package init() {}

    /// Batches of one segment come in order, so that nearly all join the range before them.
    package mutating func add(_ incarnation: Incarnation, _ range: SequenceRange) {
        guard !range.isEmpty else { return }
        var known = ranges.removeValue(forKey: incarnation) ?? []
        if let last = known.last, last.end == range.first {
            known[known.count - 1] = SequenceRange(first: last.first, count: last.count + range.count)
        } else {
            known.append(range)
        }
        ranges[incarnation] = known
    }

    package func contains(_ sequence: UInt64, of incarnation: Incarnation) -> Bool {
        of(incarnation).contains { $0.first <= sequence && sequence < $0.end }
    }

    /// Per incarnation, the sequence after the last.
    package var ends: [Incarnation: UInt64] { ranges.mapValues { $0.map(\.end).max() ?? 0 } }

    func of(_ incarnation: Incarnation) -> [SequenceRange] { ranges[incarnation] ?? [] }
}
