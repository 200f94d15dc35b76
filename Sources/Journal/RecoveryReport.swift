package import Model
package import SystemPackage

/// What recovery found in one stream's journal, and did.
package struct RecoveryReport: Sendable {
    /// Acknowledged events that the disk lost. `range` is exact.
    package struct Damage: Sendable, Equatable {
        package var incarnation: Incarnation
        package var range: SequenceRange
        package var file: String
        package var reason: String
    }

    /// A damaged segment whose sound blocks were copied. The original stays until what it has lost has a name in the ledger
    /// (``StreamJournal/setAside(_:)``): who looks at the journal before is to find the damage. Nothing of the copies, which
    /// are among ``sealed``, is to land before that.
    package struct Rescue: Sendable {
        package var original: FilePath
        package var copies: [SealedSegment]
    }

    /// Ready to land, in order; the copies of rescues only once their originals are set aside.
    package var sealed: [SealedSegment] = []
    /// Sealed segments whose file is no longer what their sidecar says. The landing zone may hold them already; only if
    /// it does not are they to be salvaged (``StreamJournal/salvage(_:)``).
    package var damagedSealed: [SealedSegment] = []
    package var damages: [Damage] = []
    /// What was copied out of damaged segments, whose originals are still to be set aside.
    package var rescues: [Rescue] = []
    /// Per earlier incarnation that still has segments, and none that was refused: the sequence after its last event.
    package var ends: [Incarnation: UInt64] = [:]
    /// Those with a segment that was refused: where they end can't be told.
    package var unread: Set<Incarnation> = []
    /// Bytes of incomplete blocks that were cut from the newest segments' tails; never acknowledged.
    package var tornBytes: Int64 = 0
    /// Files that are none of this stream's, or of a later format version: left where they are.
    package var refused: [(file: String, reason: String)] = []
    /// What in the key logs can't be read.
    package var keyDamages: [KeyDamage] = []
    package var events: UInt64 = 0
    /// Segments that the key log knows to have landed, and under which name.
    package var landed: [LandedSegment] = []
    /// Sequences that the key log knows, or knew, to have landed, also where an older version did not write the object's name.
    package var retired = RetiredRanges()

    package init() {}
}

/// What a salvage made of a damaged segment.
package struct Salvage: Sendable {
    package var sealed: [SealedSegment]
    package var damages: [RecoveryReport.Damage]
}
