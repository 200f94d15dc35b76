package import Model

/// What recovery found in one stream's journal, and did.
package struct RecoveryReport: Sendable {
    /// Acknowledged events that the disk lost. `range` is exact.
    package struct Damage: Sendable, Equatable {
        package var incarnation: Incarnation
        package var range: SequenceRange
        package var file: String
        package var reason: String
    }

    /// Ready to land, in order.
    package var sealed: [SealedSegment] = []
    /// Sealed segments whose file is no longer what their sidecar says. The landing zone may hold them already; only if
    /// it does not are they to be salvaged (``StreamJournal/salvage(_:)``).
    package var damagedSealed: [SealedSegment] = []
    package var damages: [Damage] = []
    /// Per earlier incarnation that still has segments: the sequence after its last event.
    package var ends: [Incarnation: UInt64] = [:]
    /// Bytes of incomplete blocks that were cut from the newest segments' tails; never acknowledged.
    package var tornBytes: Int64 = 0
    /// Files that are none of this stream's, or of a later format version: left where they are.
    package var refused: [(file: String, reason: String)] = []
    /// What in the key logs can't be read.
    package var keyDamages: [KeyDamage] = []
    package var events: UInt64 = 0
    /// Segments that the key log knows to have landed, and under which name.
    package var landed: [LandedSegment] = []
    /// Sequences that the key log knows to have landed, also where an older version did not write the object's name.
    package var retired = RetiredRanges()

    package init() {}
}

/// What a salvage made of a damaged segment.
package struct Salvage: Sendable {
    package var sealed: [SealedSegment]
    package var damages: [RecoveryReport.Damage]
}
