/// The answer of `GET /v1/status`; also what `sluice status` reads.
package struct StatusDocument: Codable, Sendable {
    package struct Check: Codable, Sendable {
        package var name: String
        package var ok: Bool
        package var detail: String
    }

    package var gateway: String
    package var incarnation: String
    package var version: String
    package var started_at: String
    package var now: String
    package var ready: Bool
    package var checks: [Check]
    package var in_flight_bytes: Int
    package var requests: Int
    package var free_bytes: Int64?
    package var streams: [StreamDocument]
    package var zones: [ZoneDocument]
}
