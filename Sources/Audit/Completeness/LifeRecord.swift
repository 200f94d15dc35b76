import Model

/// What one life's ledger says, and what is said of the life: facts, kept as far as they can decide anything.
struct LifeRecord {
    /// A strong stream's batches, as far as this life landed them.
    struct Missing {
        var sequence: UInt64
        var object: String
    }

    // What it says itself.
    var opened: (sequence: UInt64, at: Timestamp)?
    var positions = PositionGroups()
    /// The first of its facts that say that it stopped by itself.
    var stopped: UInt64?
    /// Streams of which it landed batches as objects of their own.
    var strong: Set<StreamName> = []
    /// Per strong stream, its first batch whose object is not there.
    var missing: [StreamName: Missing] = [:]
    /// The time of its latest word.
    var lastWord: Timestamp?
    var firstPosition: UInt64?

    // What is said of it.
    /// Where its sequences must reach at least, per stream.
    var reached: [StreamName: UInt64] = [:]
    /// Which other lives say that it has ended, from which sequence of their ledgers on.
    var successors: [GatewayLife: UInt64] = [:]

    mutating func reach(_ stream: StreamName, _ end: UInt64) { reached[stream] = max(reached[stream] ?? 0, end) }
}
