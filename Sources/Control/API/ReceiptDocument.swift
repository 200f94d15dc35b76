/// The answer of `GET /v1/receipts/{stream}/{batch_key}`: the receipt as it stands now.
package struct ReceiptDocument: Codable, Sendable {
    package struct Events: Codable, Sendable {
        package var received: Int
        package var accepted: Int
        package var quarantined: Int
    }
    package struct Sequence: Codable, Sendable {
        package var gateway: String
        package var incarnation: String
        package var first: UInt64
        package var last: UInt64
    }
    package struct Rejection: Codable, Sendable {
        package var index: Int
        package var reason: String
        package var detail: String?
    }

    package var stream: String
    package var batch_key: String
    package var producer: String
    package var durability: String
    package var events: Events
    package var sequence: Sequence?
    package var rejected: [Rejection]
    package var idempotency_window_seconds: Int64
    package var object: String?
}
