package import Model

/// One fact of a ledger, as far as completeness needs it, and where it stands.
package struct PlacedFact: Sendable {
    package enum Kind: Sendable {
        case opened
        case position(StreamName, next: UInt64)
        /// By a clean stop of the life itself, or by its successor's recovery.
        case ended(StreamName, Incarnation, next: UInt64)
        /// A segment was sealed or has landed: so far the life's sequences reach.
        case reached(StreamName, Incarnation, end: UInt64)
        case damaged(StreamName, Incarnation, SequenceRange)
        /// `isThere`: the zone has the object.
        case batchLanded(StreamName, object: String, isThere: Bool)
    }

    /// Who says it, by the object that it stands in.
    package var speaker: GatewayLife
    /// Its sequence in the speaker's ledger.
    package var sequence: UInt64
    package var at: Timestamp
    package var kind: Kind

    package init(_ speaker: GatewayLife, _ sequence: UInt64, at: Timestamp, _ kind: Kind) {
        self.speaker = speaker
        self.sequence = sequence
        self.at = at
        self.kind = kind
    }

    /// `nil` when it says nothing of completeness. `isThere`: whether the landing zone has an object.
    init?(_ fact: FactLine.Fact, by speaker: GatewayLife, _ sequence: UInt64, isThere: (String) -> Bool) {
        guard let at = Timestamp(rfc3339: fact.at), let incarnation = Incarnation(fact.incarnation) else { return nil }
        let stream = fact.stream.flatMap { StreamName($0) }
        let kind: Kind
        switch (fact.fact, stream) {
        case ("incarnation_opened", _): kind = .opened
        case ("position", let stream?):
            guard let next = fact.next_sequence else { return nil }
            kind = .position(stream, next: next)
        case ("incarnation_ended", let stream?):
            guard let next = fact.next_sequence else { return nil }
            kind = .ended(stream, incarnation, next: next)
        case ("segment_sealed", let stream?), ("object_landed", let stream?):
            guard let end = fact.end else { return nil }
            kind = .reached(stream, incarnation, end: end)
        case ("range_damaged", let stream?):
            guard let first = fact.first, let end = fact.end, first <= end else { return nil }
            kind = .damaged(stream, incarnation, SequenceRange(first: first, count: end - first))
        case ("batch_landed", let stream?):
            guard let object = fact.object else { return nil }
            kind = .batchLanded(stream, object: object, isThere: isThere(object))
        default: return nil
        }
        self.init(speaker, sequence, at: at, kind)
    }
}
