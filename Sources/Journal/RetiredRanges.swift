package import Model

/// Which sequences the key log remembers, or remembered: those of segments that have landed and are gone.
package struct RetiredRanges: Sendable, Equatable {
    private var ranges: [Incarnation: [SequenceRange]] = [:]

    package init() {}

    /// Batches of one segment come in order, and the segment behind them: nearly all join the range before them.
    package mutating func add(_ incarnation: Incarnation, _ range: SequenceRange) {
        guard !range.isEmpty else { return }
        var known = ranges.removeValue(forKey: incarnation) ?? []
        if let last = known.last, last.first <= range.first, range.first <= last.end {
            known[known.count - 1] = SequenceRange(first: last.first, count: max(last.end, range.end) - last.first)
        } else {
            known.append(range)
        }
        ranges[incarnation] = known
    }

    mutating func add(_ other: RetiredRanges) {
        for (incarnation, list) in other.ranges { for range in list { add(incarnation, range) } }
    }

    /// Of these lives only, joined.
    func keeping(_ lives: Set<Incarnation>) -> RetiredRanges {
        var kept = RetiredRanges()
        for incarnation in lives where ranges[incarnation] != nil { kept.ranges[incarnation] = joined(incarnation) }
        return kept
    }

    var incarnations: Set<Incarnation> { Set(ranges.keys) }

    /// In order, and joined where nothing lies between.
    func joined(_ incarnation: Incarnation) -> [SequenceRange] {
        of(incarnation).sorted { $0.first < $1.first }.reduce(into: []) { joined, range in
            guard let last = joined.last, range.first <= last.end else { return joined.append(range) }
            joined[joined.count - 1] = SequenceRange(
                first: last.first, count: max(last.end, range.end) - last.first)
        }
    }

    package func contains(_ sequence: UInt64, of incarnation: Incarnation) -> Bool {
        of(incarnation).contains { $0.first <= sequence && sequence < $0.end }
    }

    /// Per incarnation, the sequence after the last.
    package var ends: [Incarnation: UInt64] { ranges.mapValues { $0.map(\.end).max() ?? 0 } }

    func of(_ incarnation: Incarnation) -> [SequenceRange] { ranges[incarnation] ?? [] }
}
