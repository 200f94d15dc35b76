package import Audit
package import Landing
package import Model

/// Which objects of a zone are meant.
package struct ReplaySelection: Sendable {
    /// Empty: all.
    package var streams: Set<StreamName> = []
    /// By arrival: from `since` on, before `until`.
    package var since: Timestamp?
    package var until: Timestamp?
    /// Without it, streams that only the gateway writes (`_ledger`, `_quarantine`) are left out.
    package var internalStreams = true

    package init() {}

    /// The landing zone's standard retention.
    package static var retention: Duration { .seconds(30 * 86_400) }

    package var prefixes: [String] { streams.isEmpty ? [""] : streams.sorted().map { "\($0)/" } }

    /// Whether events of the object may be meant. Names tell hours, so a little more than the range may be; a strong
    /// stream's objects have no hour in their names, and are judged by when they were written.
    package func mayHold(_ name: LandedName, _ object: StoredObject) -> Bool {
        if !streams.isEmpty, !streams.contains(name.stream) { return false }
        if !internalStreams, name.stream.isInternal { return false }
        switch name {
        case .segment(let segment):
            let start = segment.hour.start
            // What arrived an hour after the object's first block may still be in it: that is the longest age of a segment.
            if let since, start.microseconds + 2 * Self.hour <= since.microseconds { return false }
            if let until, start >= until { return false }
        case .keyed:
            guard let written = object.modified else { return true }
            // Stores state it to the second.
            if let since, written.microseconds + 1_000_000 <= since.microseconds { return false }
            if let until, written.microseconds >= until.microseconds + Self.hour { return false }
        }
        return true
    }

    /// Whether a batch that arrived then is meant.
    package func holds(_ receivedAt: Timestamp) -> Bool {
        (since.map { receivedAt >= $0 } ?? true) && (until.map { receivedAt < $0 } ?? true)
    }

    private static var hour: Int64 { 3_600_000_000 }
}
