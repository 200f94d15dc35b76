import Model

/// The objects of one life, by their names: what is there, and what is not.
struct LifeRanges {
    private var objects: [SegmentName] = []

    var count: Int { objects.count }

    mutating func add(_ object: SegmentName) { objects.append(object) }

    enum Fault: Equatable {
        /// In no object, though later sequences are.
        case gap(SequenceRange)
        /// Its first sequences are in an object before it, too.
        case overlap(SegmentName)
    }

    struct Walk {
        /// Everything before it is there.
        var contiguous: UInt64
        /// The end of the last object.
        var end: UInt64
        var faults: [Fault]
    }

    /// Walks in the order of sequences. `lost`: what the gateway itself reported lost, which is no gap. With `fromFirst` what is
    /// before the first object doesn't count as missing: it is older than what is checked.
    func walk(lost: [SequenceRange] = [], fromFirst: Bool = false) -> Walk {
        let present = objects.map { ($0.range, Optional($0)) } + lost.map { ($0, nil) }
        let sorted = present.sorted { ($0.0.first, $0.0.end) < ($1.0.first, $1.0.end) }
        var next = fromFirst ? sorted.first?.0.first ?? 0 : 0
        var contiguous: UInt64?
        var faults: [Fault] = []
        for (range, object) in sorted {
            if range.first > next {
                contiguous = contiguous ?? next
                faults.append(.gap(SequenceRange(first: next, count: range.first - next)))
            } else if range.first < next, let object {
                faults.append(.overlap(object))
            }
            next = max(next, range.end)
        }
        return Walk(contiguous: contiguous ?? next, end: next, faults: faults)
    }
}
