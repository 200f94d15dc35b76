package import Journal
package import Model

/// Where a stream's landed batches are: ranges of sequences, and the object of each. Pure; owned by the stream.
///
/// It reaches back as far as the stream recognises batches. A segment is added once its landing is durable in the key log,
/// so what this says once it says after every restart within the window.
package struct LandedIndex: Sendable {
    private let window: Duration
    private var segments: [Incarnation: [LandedSegment]] = [:]
    /// Known to have landed, from key logs that do not name objects.
    private let nameless: RetiredRanges

    package init(window: Duration, nameless: RetiredRanges = RetiredRanges()) {
        self.window = window
        self.nameless = nameless
    }

    package var count: Int { segments.values.reduce(0) { $0 + $1.count } }

    /// Adds a segment; again the same one changes nothing. Drops what nobody can ask for any more.
    package mutating func add(_ segment: LandedSegment, now: Timestamp) {
        var known = segments[segment.incarnation] ?? []
        segments[segment.incarnation] = nil
        let place = LandedIndex.place(of: segment.range.first, in: known)
        if place > 0, known[place - 1].range.first == segment.range.first {
            known[place - 1] = segment
        } else {
            known.insert(segment, at: place)
        }
        segments[segment.incarnation] = known
        expire(now: now)
    }

    /// The landed object that holds the sequence; `.some(nil)` when it landed under a name that is not known.
    package func object(of sequence: UInt64, _ incarnation: Incarnation) -> String?? {
        if let known = segments[incarnation] {
            let place = LandedIndex.place(of: sequence, in: known)
            if place > 0, sequence < known[place - 1].range.end { return .some(known[place - 1].object) }
        }
        return nameless.contains(sequence, of: incarnation) ? .some(nil) : nil
    }

    private mutating func expire(now: Timestamp) {
        let horizon = Timestamp(microseconds: now.microseconds - window.wholeMicroseconds)
        for (incarnation, known) in segments {
            guard let first = known.first, first.newest < horizon else { continue }
            let kept = known.drop { $0.newest < horizon }
            segments[incarnation] = kept.isEmpty ? nil : Array(kept)
        }
    }

    /// How many segments begin at or before the sequence.
    private static func place(of sequence: UInt64, in known: [LandedSegment]) -> Int {
        var low = 0
        var high = known.count
        while low < high {
            let middle = (low + high) / 2
            if known[middle].range.first <= sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
