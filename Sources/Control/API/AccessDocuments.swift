/// One key in lists; never the key itself.
package struct KeyDocument: Codable, Sendable {
    package var id: String
    package var created_at: String
    package var expires_at: String?
    package var expired: Bool
}

/// One producer in `GET /v1/producers`.
package struct ProducerDocument: Codable, Sendable {
    package var name: String
    package var streams: [String]
    package var events_per_second: Int?
    package var bytes_per_second: Int?
    package var keys: [KeyDocument]
}

/// One operator in `GET /v1/operators`.
package struct OperatorDocument: Codable, Sendable {
    package var name: String
    package var role: String
    package var keys: [KeyDocument]
}

/// A new key: the only time it is shown.
package struct NewKeyDocument: Codable, Sendable {
    package var name: String
    package var key_id: String
    package var key: String
    package var expires_at: String?
}

/// Who asks, in `GET /v1/whoami`.
package struct IdentityDocument: Codable, Sendable {
    package var name: String
    package var role: String
    package var key_id: String?
}
