/// One stream in `GET /v1/streams`.
package struct StreamDocument: Codable, Sendable {
    package var name: String
    package var consistency: String
    package var zone: String
    package var takes_batches: Bool
    /// By this life of the gateway.
    package var events_journaled: UInt64
    package var backlog: BacklogDocument
    package var stopped: Bool
    package var idempotency_window_seconds: Int64
    package var batches_remembered: Int
}

/// What has not landed.
package struct BacklogDocument: Codable, Sendable, Equatable {
    package var segments: Int
    package var events: Int
    package var bytes: Int64
    package var oldest: String?
    package var oldest_age_seconds: Double?
}
