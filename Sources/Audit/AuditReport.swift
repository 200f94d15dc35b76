import Model

/// What a check of a landing zone found.
package struct AuditReport: Encodable, Sendable {
    package struct Stream: Encodable, Sendable {
        package var stream: String
        package var objects = 0
        package var events = 0
        package var bytes = 0
        package var gateways = 0
        /// Everything acknowledged up to this moment is in the landing zone; `nil` when nothing says so yet.
        package var complete_through: String?
        /// The lives that keep it from being complete up to now, of all gateways, and what they lack.
        package var held_back_by: [StreamCompleteness.Hold] = []
        /// Each gateway's own part.
        package var by_gateway: [StreamCompleteness.Part] = []

        mutating func note(_ found: StreamCompleteness) {
            complete_through = found.through?.description
            held_back_by = found.heldBackBy
            by_gateway = found.gateways
        }
    }

    package var complete: Bool { findings.isEmpty }
    package var streams: [Stream]
    package var findings: [Finding]

    private enum CodingKeys: String, CodingKey { case complete, streams, findings }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(complete, forKey: .complete)
        try container.encode(streams, forKey: .streams)
        try container.encode(findings, forKey: .findings)
    }
}
