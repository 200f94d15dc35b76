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
