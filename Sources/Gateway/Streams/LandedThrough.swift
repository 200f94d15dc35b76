package import Model

/// Up to which moment everything that this gateway acknowledged on a stream has landed. Pure; owned by the stream.
///
/// It holds against the stream's own clock: pairs of a moment and the sequence that was next at it. Cheap to keep and to
/// ask; `sluice verify` proves the same over all gateways, from what the landing zone holds.
package struct LandedThrough: Sendable {
    /// Marks kept; with one every 5 s, about an hour and a half. In a longer outage every second one is kept, then every
    /// fourth, and so on.
    static var maxMarks: Int { 1024 }

    private let incarnation: Incarnation
    /// Everything of this life below this sequence has landed.
    private var end: UInt64 = 0
    /// Landed ranges of this life beyond ``end``.
    private var ahead: [SequenceRange] = []
    private var marks: [(time: Timestamp, next: UInt64)] = []
    private var passed: Timestamp?
    /// One mark of so many is kept.
    private var stride = 1
    private var skipped = 0
    /// What earlier lives left in the journal.
    private var inherited: Set<Place> = []

    /// A segment, as far as this needs it.
    package struct Place: Hashable, Sendable {
        package var incarnation: Incarnation
        package var range: SequenceRange

        package init(_ incarnation: Incarnation, _ range: SequenceRange) {
            self.incarnation = incarnation
            self.range = range
        }
    }

    package init(incarnation: Incarnation) { self.incarnation = incarnation }

    /// A segment of an earlier life is in the journal and must land yet.
    package mutating func inherit(_ segment: Place) {
        guard !segment.range.isEmpty else { return }
        inherited.insert(segment)
    }

    /// A damaged segment was split into these. What lies between them is lost, and said to be: it is waited for no more.
    package mutating func replace(_ segment: Place, by parts: [Place]) {
        guard segment.incarnation == incarnation else {
            inherited.remove(segment)
            return parts.forEach { inherit($0) }
        }
        for gap in segment.range.gaps(between: parts.map(\.range)) { landed(.init(incarnation, gap)) }
    }

    package mutating func landed(_ segment: Place) {
        guard segment.incarnation == incarnation else {
            inherited.remove(segment)
            return
        }
        ahead.append(segment.range)
        ahead.sort { $0.first < $1.first }
        while let first = ahead.first, first.first <= end {
            end = max(end, first.end)
            ahead.removeFirst()
        }
    }

    /// As of `time`, `next` was the next sequence.
    package mutating func mark(_ time: Timestamp, next: UInt64) {
        settle()
        skipped += 1
        guard skipped >= stride else { return }
        skipped = 0
        marks.append((time, next))
        if marks.count > LandedThrough.maxMarks {
            stride *= 2
            marks = marks.enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
        }
    }

    /// `nil`: not known yet, or something of an earlier life has not landed. `now` was read before `next`.
    package mutating func through(now: Timestamp, next: UInt64) -> Timestamp? {
        settle()
        guard inherited.isEmpty else { return nil }
        return next <= end ? now : passed
    }

    private mutating func settle() {
        let reached = marks.prefix { $0.next <= end }
        if let last = reached.last { passed = last.time }
        marks.removeFirst(reached.count)
        if marks.isEmpty { stride = 1 }
    }
}
