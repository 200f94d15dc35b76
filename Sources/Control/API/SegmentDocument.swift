/// One segment in `GET /v1/segments`.
package struct SegmentDocument: Codable, Sendable {
    package var stream: String
    package var state: String
    package var incarnation: String
    package var first: UInt64?
    package var last: UInt64?
    package var object: String?
    package var sha256: String?
    package var backlog: BacklogDocument
}
