/// One landing zone in `GET /v1/zones`.
package struct ZoneDocument: Codable, Sendable {
    package var name: String
    /// What the gateway acts on.
    package var state: String
    /// What was seen of it, whatever operators have ordered.
    package var observed: String
    package var mode: String
    package var since: String
    package var reason: String
    package var last_failure: String?
    package var create_only: String
    package var streams: [String]
    package var backlog: BacklogDocument
}
