package import Model

/// A segment that has landed and left the journal, as the key log remembers it: where the batches of these sequences are.
package struct LandedSegment: Sendable, Equatable {
    package var incarnation: Incarnation
    package var range: SequenceRange
    package var object: String
    /// The latest arrival in it: when that is out of the idempotency window, nobody can ask for it any more.
    package var newest: Timestamp

    package init(incarnation: Incarnation, range: SequenceRange, object: String, newest: Timestamp) {
        self.incarnation = incarnation
        self.range = range
        self.object = object
        self.newest = newest
    }

    package init(_ segment: SealedSegment) {
        self.init(
            incarnation: segment.incarnation, range: segment.range, object: segment.objectName,
            newest: segment.received.upperBound)
    }
}
