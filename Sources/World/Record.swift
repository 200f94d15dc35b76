import Gateway
import Model

/// What producers were told, kept apart from everything that the gateways keep.
final class Record: @unchecked Sendable {
    // SAFETY: a world runs on one thread.
    struct Acknowledged {
        var events: [String]
        /// The gateway that said so.
        var by: GatewayName
        /// By that gateway's clock.
        var at: Timestamp
        var durability: Durability
    }

    private(set) var acknowledged: [StreamName: [String: Acknowledged]] = [:]
    /// Every event that was ever sent, acknowledged or not.
    private(set) var offered: [StreamName: Set<String>] = [:]
    private(set) var refusals: [String: Int] = [:]

    func offer(_ events: [String], to stream: StreamName) { offered[stream, default: []].formUnion(events) }

    func acknowledge(
        _ key: String, _ events: [String], in stream: StreamName, by gateway: GatewayName, at: Timestamp,
        _ durability: Durability
    ) {
        if acknowledged[stream]?[key] == nil {
            acknowledged[stream, default: [:]][key] = Acknowledged(
                events: events, by: gateway, at: at, durability: durability)
        }
    }

    func refuse(_ reason: String) { refusals[reason, default: 0] += 1 }

    var batches: Int { acknowledged.values.reduce(0) { $0 + $1.count } }
}
