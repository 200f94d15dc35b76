/// A contiguous run of event numbers within one (gateway, incarnation, stream): `first` to `first + count - 1`.
package struct SequenceRange: Hashable, Sendable, CustomStringConvertible {
    package let first: UInt64
    package let count: UInt64

    package init(first: UInt64, count: UInt64) {
        self.first = first
        self.count = count
    }

    /// The sequence after the last one.
    package var end: UInt64 { first + count }
    /// The last sequence; `nil` for an empty range.
    package var last: UInt64? { count == 0 ? nil : first + count - 1 }
    package var isEmpty: Bool { count == 0 }
    package func overlaps(_ other: SequenceRange) -> Bool { first < other.end && other.first < end }

    /// What none of the parts holds of it, in order.
    package func gaps(between parts: [SequenceRange]) -> [SequenceRange] {
        var gaps: [SequenceRange] = []
        var next = first
        for part in parts.sorted(by: { $0.first < $1.first }) + [SequenceRange(first: end, count: 0)] {
            let limit = min(part.first, end)
            if limit > next { gaps.append(SequenceRange(first: next, count: limit - next)) }
            next = max(next, part.end)
        }
        return gaps
    }
    package var description: String { last.map { "\(first)-\($0)" } ?? "\(first)-(empty)" }
}
