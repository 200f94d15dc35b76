import Gateway
import Model

/// What producers were told, kept apart from everything that the gateways keep.
final class Record: @unchecked Sendable {
    // SAFETY: a world runs on one thread.
    struct Acknowledged {
        var events: [String]
        /// The gateway that said so first.
        var by: GatewayName
        /// By that gateway's clock.
        var at: Timestamp
        /// As that gateway's first receipt stated it.
        var sequence: Receipt.SequencePosition?
    }

    private struct Place: Hashable {
        var stream: StreamName
        var gateway: GatewayName
        var incarnation: Incarnation
        var sequence: UInt64
    }

    private(set) var acknowledged: [StreamName: [String: Acknowledged]] = [:]
    /// Every event that was ever sent, acknowledged or not.
    private(set) var offered: [StreamName: Set<String>] = [:]
    private(set) var batchesOffered: [StreamName: Int] = [:]
    /// Events in blocks that the disk damaged: they may be lost, and their batches forgotten.
    private(set) var rotted: Set<String> = []
    /// Streams of which the disk damaged anything.
    private(set) var rottedStreams: Set<StreamName> = []
    /// A file may be taken for a later version's: nobody can say then how far its life went.
    private(set) var hasUnread = false
    private(set) var refusals: [String: Int] = [:]
    /// By which batch each sequence was taken.
    private var places: [Place: String] = [:]

    func offer(_ events: [String], to stream: StreamName) {
        offered[stream, default: []].formUnion(events)
        batchesOffered[stream, default: 0] += 1
    }

    /// Takes a receipt down; returns what contradicts what was said before.
    func acknowledge(
        _ key: String, _ events: [String], in stream: StreamName, by gateway: GatewayName, at: Timestamp,
        _ receipt: Receipt
    ) -> String? {
        defer {
            if acknowledged[stream]?[key] == nil {
                acknowledged[stream, default: [:]][key] = Acknowledged(
                    events: events, by: gateway, at: at, sequence: receipt.sequence)
            }
        }
        guard !isRotted(events) else { return nil }
        if let first = acknowledged[stream]?[key] {
            if !receipt.replayed { return "\(key) was taken a second time" }
            if first.sequence != receipt.sequence { return "\(key) has other sequences than it had" }
        }
        if let position = receipt.sequence {
            for sequence in position.range.first..<position.range.end {
                let place = Place(
                    stream: stream, gateway: position.gateway, incarnation: position.incarnation, sequence: sequence)
                if let other = places.updateValue(key, forKey: place), other != key {
                    return "sequence \(sequence) of \(stream) was given to \(other) and to \(key)"
                }
            }
        }
        return nil
    }

    func add(_ rot: Rot) {
        rotted.formUnion(rot.events)
        rottedStreams.insert(rot.stream)
        hasUnread = hasUnread || rot.looksLater
    }

    func isRotted(_ events: [String]) -> Bool { !rotted.isEmpty && events.contains { rotted.contains($0) } }

    func refuse(_ reason: String) { refusals[reason, default: 0] += 1 }

    var batches: Int { acknowledged.values.reduce(0) { $0 + $1.count } }
}
