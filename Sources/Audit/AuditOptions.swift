import Landing

/// What to check, and how.
package struct AuditOptions: Sendable {
    /// Objects read at once. The default is 8: an object store's latency is hidden, and memory is bounded by so many
    /// pieces and blocks, whatever the objects' size.
    package var width = 8
    /// Only what landed in this hour or later; nil is everything. What came before may have expired.
    package var since: LandingHour?

    package init() {}

    enum Need {
        case read
        /// That it is there is enough.
        case known
        case ignored
    }

    func needs(_ name: LandedName, _ object: StoredObject) -> Need {
        guard let since else { return .read }
        switch name {
        case .segment(let segment): return segment.hour < since ? .ignored : .read
        // The name has no hour. A store that does not say when it was written has it read.
        case .keyed: return (object.modified ?? since.start) < since.start ? .known : .read
        }
    }
}
