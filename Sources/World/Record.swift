import Gateway
import Model
import Simulation

/// What producers were told, kept apart from everything that the gateways keep.
final class Record: @unchecked Sendable {
    // SAFETY: a world is one task, and nothing of it runs beside another part.
    /// A batch as one gateway knows it, or, of a strong stream, all of them.
    struct Batch: Hashable {
        var key: String
        /// `nil` for strong streams.
        var gateway: GatewayName?
    }

    struct Acknowledged {
        var offer: Offer
        /// The indexes of the events that the receipt said were refused.
        var refused: Set<Int>
        /// The others.
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
    /// Every event that was ever sent, acknowledged or not, with its index.
    private(set) var offered: [StreamName: [String: (offer: Offer, index: Int)]] = [:]
    private(set) var batchesOffered: [StreamName: Int] = [:]
    /// Events in blocks that the disk damaged: they may be lost, and their batches forgotten.
    private(set) var rotted: Set<String> = []
    /// The streams of which a gateway's disk damaged anything.
    private(set) var rottedStreams: [GatewayName: Set<StreamName>] = [:]
    /// Gateways of which a file may be taken for a later version's: nobody can say then how far its life went.
    private(set) var unread: Set<GatewayName> = []
    /// When a batch first went to a gateway.
    private var firstSent: [StreamName: [Batch: MonotonicInstant]] = [:]
    /// Events of batches that were sent again when the gateway may have forgotten them: they may be taken again.
    private(set) var forgettable: Set<String> = []
    private(set) var refusals: [String: Int] = [:]
    /// Of each batch the requests that may have had it kept: all but those that were refused as never to be kept.
    private var hopes: [StreamName: [Batch: Int]] = [:]
    /// The reasons that operators gave for what they were told is in the trail.
    private(set) var orders: [GatewayName: Set<String>] = [:]
    /// By which batch each sequence was taken.
    private var places: [SequencePlace: String] = [:]

    func offer(_ offer: Offer, to stream: StreamName) {
        for index in offer.lines.indices { offered[stream, default: [:]][offer.event(index)] = (offer, index) }
        batchesOffered[stream, default: 0] += 1
    }

    /// Takes down that it is sent to a gateway that recognises it for so long.
    func send(_ delivery: Delivery, window: Duration) {
        let batch = batch(of: delivery)
        hopes[delivery.stream, default: [:]][batch, default: 0] += 1
        if delivery.isStrong { return }
        guard let first = firstSent[delivery.stream]?[batch] else {
            firstSent[delivery.stream, default: [:]][batch] = delivery.sent
            return
        }
        // It is looked up some time before its deadline.
        if delivery.sent + Life.patience > first + window { forgettable.formUnion(delivery.offer.events) }
    }

    /// It was told that nothing of it is kept.
    func refuseForGood(_ delivery: Delivery) { hopes[delivery.stream]?[batch(of: delivery)]? -= 1 }

    /// Every request that ever brought the event was told that nothing of it is kept.
    func isHopeless(_ event: String, at place: Place) -> Bool {
        guard let key = offered[place.stream]?[event]?.offer.key else { return false }
        return hopes[place.stream]?[Batch(key: key, gateway: place.gateway)] == 0
    }

    private func batch(of delivery: Delivery) -> Batch {
        Batch(key: delivery.key, gateway: delivery.isStrong ? nil : delivery.machine.gatewayName)
    }

    /// An operator was told that the order is in the trail.
    func order(_ reason: String, at gateway: GatewayName) { orders[gateway, default: []].insert(reason) }

    /// Whether they may be taken twice.
    func isExcused(_ events: [String]) -> Bool {
        isRotted(events) || (!forgettable.isEmpty && events.contains { forgettable.contains($0) })
    }

    /// Takes a receipt down; returns what contradicts what was said before.
    func acknowledge(_ delivery: Delivery, told: MonotonicInstant, _ receipt: Receipt) -> Violation? {
        let (key, offer, stream, gateway) = (
            delivery.key, delivery.offer, delivery.stream, delivery.machine.gatewayName
        )
        let batch = batch(of: delivery)
        let refused = Set(receipt.rejected.map(\.index))
        let events = offer.events(without: refused)
        defer {
            if acknowledged[stream]?[batch] == nil {
                acknowledged[stream, default: [:]][batch] = Acknowledged(
                    offer: offer, refused: refused, events: events, by: gateway, at: delivery.life.clock.now(),
                    told: told, isTaken: !receipt.replayed,
                    sequence: receipt.sequence)
            } else if !receipt.replayed {
                acknowledged[stream]![batch]!.isTaken = true
            }
        }
        guard !isRotted(offer.events) else { return nil }
        if !isExcused(offer.events), let first = acknowledged[stream]?[batch] {
            // Of requests that are under way at once, that which is a repeat may be answered first.
            if !receipt.replayed, first.isTaken || delivery.sent > first.told {
                return Violation(.once, "\(stream): \(key) was taken a second time")
            }
            if first.sequence != receipt.sequence {
                return Violation(.receipt, "\(stream): \(key) has other sequences than it had")
            }
            if first.refused != refused {
                return Violation(.receipt, "\(stream): other events of \(key) are refused than were")
            }
        }
        if let position = receipt.sequence {
            for sequence in position.range.first..<position.range.end {
                let place = SequencePlace(
                    stream: stream, gateway: position.gateway, incarnation: position.incarnation, sequence: sequence)
                if let other = places.updateValue(key, forKey: place), other != key {
                    return Violation(.once, "sequence \(sequence) of \(stream) was given to \(other) and to \(key)")
                }
            }
        }
        return nil
    }

    func add(_ rot: Rot, on gateway: GatewayName) {
        rotted.formUnion(rot.events)
        rottedStreams[gateway, default: []].insert(rot.stream)
        if rot.looksLater { unread.insert(gateway) }
    }

    func hasRotted(_ stream: StreamName, on gateway: GatewayName) -> Bool {
        rottedStreams[gateway]?.contains(stream) ?? false
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
