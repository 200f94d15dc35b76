import Landing
package import Model

/// What to check, and how.
package struct AuditOptions: Sendable {
    /// Objects read at once. The default is 8: an object store's latency is hidden, and memory is bounded by so many
    /// pieces and blocks, whatever the objects' size.
    package var width = 8
    /// Only what landed in this hour or later; nil is everything. What came before may have expired.
    package var since: LandingHour?

    /// Lives whose journals are gone for good: what they lack holds no stream back any more. It is reported all the same.
    package var writtenOff: Set<GatewayLife> = []
    /// What keeps a stream from being complete through this time is named. The default is 30 s ago: positions are stated and
    /// landed every few seconds, so a healthy gateway is never that late.
    package var expectedThrough = AuditOptions.ago(seconds: AuditOptions.lagSeconds)
    package static var lagSeconds: Int { 30 }

    /// What is read of the objects beside their names.
    package var depth = Depth.contents

    package init() {}

    package static func ago(seconds: Int) -> Timestamp {
        Timestamp(microseconds: SystemTime().now().microseconds - Int64(seconds) * 1_000_000)
    }

    package enum Depth: Sendable {
        /// Every object whole.
        case contents
        /// The ledger's alone: what is there goes by names. Enough for how far streams are complete, at the cost of listing.
        case ledger
    }

    enum Need {
        case read
        /// Its name tells its range.
        case named
        /// That it is there is enough.
        case known
        case ignored
    }

    func needs(_ name: LandedName, _ object: StoredObject) -> Need {
        let need = depth == .contents || name.stream == .ledger ? Need.read : .named
        guard let since else { return need }
        switch name {
        case .segment(let segment): return segment.hour < since ? .ignored : need
        // The name has no hour. A store that does not say when it was written has it read.
        case .keyed: return (object.modified ?? since.start) < since.start ? .known : need
        }
    }
}
