package import Journal
package import Model

/// What is in the journal and has not landed.
package struct Backlog: Sendable, Equatable {
    package var segments = 0
    package var events = 0
    package var bytes: Int64 = 0
    /// When the oldest of it arrived.
    package var oldest: Timestamp?

    package init() {}

    package init(_ totals: SegmentTotals) {
        self.init(
            segments: 1, events: Int(totals.range.count), bytes: totals.length, oldest: totals.received.lowerBound)
    }

    package init(_ segment: SealedSegment) {
        self.init(
            segments: 1, events: Int(segment.range.count), bytes: segment.length, oldest: segment.received.lowerBound)
    }

    private init(segments: Int, events: Int, bytes: Int64, oldest: Timestamp?) {
        self.segments = segments
        self.events = events
        self.bytes = bytes
        self.oldest = oldest
    }

    package static func + (a: Backlog, b: Backlog) -> Backlog {
        Backlog(
            segments: a.segments + b.segments, events: a.events + b.events, bytes: a.bytes + b.bytes,
            oldest: [a.oldest, b.oldest].compactMap(\.self).min())
    }
}
