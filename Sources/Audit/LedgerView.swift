import Foundation
import Model

/// What all `_ledger` lines together say.
struct LedgerView {
    struct Landed {
        var stream: StreamName
        /// The zone it landed in, by the name that the gateway's settings gave it.
        var zone: String?
        var object: String
        var events: Int
        var sha256: String?
    }
    struct Damage {
        var life: Life
        var range: SequenceRange
        var reason: String
    }

    private(set) var damaged: [Damage] = []
    /// Every gateway and every incarnation that some fact names.
    private(set) var gateways: Set<GatewayName> = []
    private(set) var incarnations: Set<Incarnation> = []
    private var ends: [Life: UInt64] = [:]
    private var positions: [Life: Positions] = [:]
    private var damageSeen: Set<String> = []
    /// Up to where each life is known to be in objects, before the ledger is read.
    private let contiguous: [Life: UInt64]

    init(contiguous: [Life: UInt64]) { self.contiguous = contiguous }

    /// A gateway states its positions every few seconds: only the latest of those that are surely reached is kept.
    private struct Positions {
        var reached: Timestamp?
        var beyond: [(time: Timestamp, next: UInt64)] = []
    }

    /// Every life that some fact names.
    var lives: Set<Life> { Set(ends.keys) }

    /// Where the life's sequences must reach at least, by any fact.
    func expectedEnd(of life: Life) -> UInt64 { ends[life] ?? 0 }

    /// The latest time for which the life's position is at or below `sequence`, which is at least what was contiguous.
    func lastPosition(of life: Life, atOrBelow sequence: UInt64) -> Timestamp? {
        guard let known = positions[life] else { return nil }
        return (known.beyond.filter { $0.next <= sequence }.map(\.time) + [known.reached].compactMap(\.self)).max()
    }

    /// Takes one fact; whether it is one. `landed` is told of each object that the ledger says landed.
    mutating func add(_ fact: FactLine.Fact, landed: (Landed) -> Void) -> Bool {
        guard let gateway = GatewayName(fact.gateway), let incarnation = Incarnation(fact.incarnation) else {
            return false
        }
        gateways.insert(gateway)
        incarnations.insert(incarnation)
        guard let name = fact.stream else { return fact.fact == "incarnation_opened" }
        guard let stream = StreamName(name) else { return false }
        let life = Life(gateway: gateway, incarnation: incarnation, stream: stream)
        switch fact.fact {
        case "position", "incarnation_ended":
            guard let next = fact.next_sequence, let at = Timestamp(rfc3339: fact.at) else { return false }
            reach(life, next)
            note(life, at, next)
        case "segment_sealed":
            guard let end = fact.end else { return false }
            reach(life, end)
        case "object_landed", "batch_landed":
            if fact.fact == "object_landed" {
                guard let end = fact.end else { return false }
                reach(life, end)
            }
            guard let object = fact.object, let events = fact.events else { return false }
            landed(
                Landed(stream: stream, zone: fact.zone, object: object, events: events, sha256: fact.sha256))
        case "range_damaged":
            guard let first = fact.first, let end = fact.end, end >= first else { return false }
            reach(life, end)
            guard damageSeen.insert("\(life) \(first) \(end)").inserted else { return true }
            damaged.append(
                Damage(
                    life: life, range: SequenceRange(first: first, count: end - first), reason: fact.reason ?? ""))
        default: return true  // A later version's fact: not ours to judge.
        }
        return true
    }

    private mutating func reach(_ life: Life, _ end: UInt64) { ends[life] = max(ends[life] ?? 0, end) }

    private mutating func note(_ life: Life, _ time: Timestamp, _ next: UInt64) {
        var known = positions[life] ?? Positions()
        if next <= contiguous[life] ?? 0 {
            known.reached = max(known.reached ?? time, time)
        } else {
            known.beyond.append((time, next))
        }
        positions[life] = known
    }
}
