import Gateway
import Model
import Simulation

/// What producers were told, kept apart from everything that the gateways keep.
final class Record: @unchecked Sendable {
    // SAFETY: a world runs on one thread.
    /// A batch as one gateway knows it, or, of a strong stream, all of them.
    struct Batch: Hashable {
        var key: String
        /// `nil` for strong streams.
        var gateway: GatewayName?
    }

    struct Acknowledged {
        var events: [String]
        /// The gateway that said so first.
        var by: GatewayName
        /// By that gateway's clock.
        var at: Timestamp
        /// By the world's.
        var told: MonotonicInstant
        /// A receipt said that it was new.
        var isTaken: Bool
        /// As that gateway's first receipt stated it.
        var sequence: Receipt.SequencePosition?
    }

    private struct SequencePlace: Hashable {
        var stream: StreamName
        var gateway: GatewayName
        var incarnation: Incarnation
        var sequence: UInt64
    }

    private(set) var acknowledged: [StreamName: [Batch: Acknowledged]] = [:]
    /// Every event that was ever sent, acknowledged or not.
    private(set) var offered: [StreamName: Set<String>] = [:]
    private(set) var batchesOffered: [StreamName: Int] = [:]
    /// Events in blocks that the disk damaged: they may be lost, and their batches forgotten.
    private(set) var rotted: Set<String> = []
    /// Streams of which the disk damaged anything.
    private(set) var rottedStreams: Set<StreamName> = []
    /// A file may be taken for a later version's: nobody can say then how far its life went.
    private(set) var hasUnread = false
    /// When a batch first went to a gateway.
    private var firstSent: [StreamName: [Batch: MonotonicInstant]] = [:]
    /// Events of batches that were sent again when the gateway may have forgotten them: they may be taken again.
    private(set) var forgettable: Set<String> = []
    private(set) var refusals: [String: Int] = [:]
    /// By which batch each sequence was taken.
    private var places: [SequencePlace: String] = [:]

    func offer(_ events: [String], to stream: StreamName) {
        offered[stream, default: []].formUnion(events)
        batchesOffered[stream, default: 0] += 1
    }

    /// Takes down that it is sent to a gateway that recognises it for so long.
    func send(_ delivery: Delivery, window: Duration) {
        if delivery.isStrong { return }
        let batch = Batch(key: delivery.key, gateway: delivery.machine.gatewayName)
        guard let first = firstSent[delivery.stream]?[batch] else {
            firstSent[delivery.stream, default: [:]][batch] = delivery.sent
            return
        }
        // It is looked up some time before its deadline.
        if delivery.sent + Life.patience > first + window { forgettable.formUnion(delivery.events) }
    }

    /// Whether they may be taken twice.
    func isExcused(_ events: [String]) -> Bool {
        isRotted(events) || (!forgettable.isEmpty && events.contains { forgettable.contains($0) })
    }

    /// Takes a receipt down; returns what contradicts what was said before.
    func acknowledge(_ delivery: Delivery, told: MonotonicInstant, _ receipt: Receipt) -> String? {
        let (key, events, stream, gateway) = (
            delivery.key, delivery.events, delivery.stream, delivery.machine.gatewayName
        )
        let batch = Batch(key: key, gateway: delivery.isStrong ? nil : gateway)
        defer {
            if acknowledged[stream]?[batch] == nil {
                acknowledged[stream, default: [:]][batch] = Acknowledged(
                    events: events, by: gateway, at: delivery.life.clock.now(), told: told, isTaken: !receipt.replayed,
                    sequence: receipt.sequence)
            } else if !receipt.replayed {
                acknowledged[stream]![batch]!.isTaken = true
            }
        }
        guard !isRotted(events) else { return nil }
        if !isExcused(events), let first = acknowledged[stream]?[batch] {
            // Of requests that are under way at once, that which is a repeat may be answered first.
            if !receipt.replayed, first.isTaken || delivery.sent > first.told {
                return "\(key) was taken a second time"
            }
            if first.sequence != receipt.sequence { return "\(key) has other sequences than it had" }
        }
        if let position = receipt.sequence {
            for sequence in position.range.first..<position.range.end {
                let place = SequencePlace(
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

    /// In an order that does not change from run to run.
    func inOrder(_ stream: StreamName) -> [(key: Batch, value: Acknowledged)] {
        (acknowledged[stream] ?? [:]).sorted {
            ($0.key.key, $0.key.gateway?.description ?? "") < ($1.key.key, $1.key.gateway?.description ?? "")
        }
    }

    private func isRotted(_ events: [String]) -> Bool { !rotted.isEmpty && events.contains { rotted.contains($0) } }

    func refuse(_ reason: String) { refusals[reason, default: 0] += 1 }

    var batches: Int { acknowledged.values.reduce(0) { $0 + $1.count } }
}
