import Access
import Gateway
import HTTPTypes
import Model

extension RouteTable {
    /// Landing zones, and the orders that steer them.
    static func zones(_ parts: ControlParts) -> [Route] {
        let gateway = parts.gateway
        let orders: [(word: String, mode: PartitionControl.Override, action: TrailEntry.Action)] = [
            ("hold", .hold, .zoneHeld), ("release", .release, .zoneReleased), ("auto", .auto, .zoneAuto),
        ]
        return [
            Route(.get, "/v1/zones", .viewer) { _ in
                .document(ZonesDocument(zones: StatusDocument(gateway.status()).zones))
            },
            Route(.get, "/v1/zones/{zone}", .viewer) { (request) throws(ControlProblem) in
                .document(ZoneDocument(try standing(request, gateway), now: gateway.status().now))
            },
        ]
            + orders.map { order in
                Route(.post, "/v1/zones/{zone}/\(order.word)", .operator) { (request) async throws(ControlProblem) in
                    let before = try standing(request, gateway)
                    var input = try InputReader(request.body)
                    let reason = input.reason(required: true)
                    try input.finish()
                    let entry = TrailEntry(
                        order.action, by: request.actor, on: before.name.rawValue, reason: reason,
                        before: ["mode": before.mode.rawValue, "state": before.state.rawValue],
                        after: ["mode": order.mode.rawValue])
                    let after = try await Orders(gateway: gateway).carryOut(entry) { () async throws(ControlProblem) in
                        try await steer(before.name, order.mode, request, reason ?? "", gateway)
                    }
                    return .document(ZoneDocument(after, now: gateway.status().now))
                }
            }
    }

    private static func standing(
        _ request: ControlRequest, _ gateway: any ControlPlaneIntake
    ) throws(ControlProblem) -> ZoneStanding {
        guard let found = gateway.status().zones.first(where: { $0.name.rawValue == request.parameters["zone"] }) else {
            throw ControlProblem(.notFound, "There is no such landing zone.")
        }
        return found
    }

    private static func steer(
        _ zone: ZoneName, _ mode: PartitionControl.Override, _ request: ControlRequest, _ reason: String,
        _ gateway: any ControlPlaneIntake
    ) async throws(ControlProblem) -> ZoneStanding {
        let result = await withCheckedContinuation { continuation in
            gateway.steer(zone, to: mode, by: request.actor, reason: reason) { continuation.resume(returning: $0) }
        }
        switch result {
        case .success(let standing): return standing
        case .failure(.unknownZone): throw ControlProblem(.notFound, "There is no such landing zone.")
        case .failure(.notSaved(let detail)): throw ControlProblem(.notSaved, detail)
        }
    }
}
