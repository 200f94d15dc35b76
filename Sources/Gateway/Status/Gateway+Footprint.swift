package import Model

/// What a gateway keeps at one moment; none of it may grow without bound.
package struct Footprint: Sendable {
    /// Bytes of segments that are not retired, per stream, the gateway's own included.
    package var held: [StreamName: Int64]
    /// Room in the journals promised to batches that are on their way into them, in bytes.
    package var promised: Int64
    /// Batches remembered so that a repeat is recognised, per available stream.
    package var remembered: [StreamName: Int]
    /// Batches that are being worked on, per stream of producers.
    package var underWay: [StreamName: Int]
    /// Damaged segments that are not taken apart yet.
    package var damaged: Int
}

extension Gateway {
    package var footprint: Footprint {
        let (held, promised) = budget.withLock { ($0.held, $0.promised) }
        return Footprint(
            held: held, promised: promised, remembered: available.mapValues { $0.dedup.withLock { $0.count } },
            underWay: available.mapValues { $0.dedup.withLock { $0.underWay } }
                .merging(strong.mapValues { $0.underWay }) { $1 },
            damaged: zones.all.reduce(0) { $0 + $1.lander.damaged })
    }
}
