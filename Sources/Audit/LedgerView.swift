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
    private var damageSeen: Set<String> = []
    /// Every life that some fact names.
    var lives: Set<Life> { Set(ends.keys) }

    /// Where the life's sequences must reach at least, by any fact.
    func expectedEnd(of life: Life) -> UInt64 { ends[life] ?? 0 }

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
            guard let next = fact.next_sequence, Timestamp(rfc3339: fact.at) != nil else { return false }
            reach(life, next)
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
}
