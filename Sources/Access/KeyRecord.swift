package import Model

/// What is kept of one key.
package struct KeyRecord: Sendable, Equatable {
    package var id: String
    /// 32 bytes; see ``AccessKey/sha256``.
    package var sha256: [UInt8]
    package var createdAt: Timestamp
    /// From this moment on the key is as unknown as any other; `nil`: it does not expire.
    package var expiresAt: Timestamp?

    func isExpired(_ now: Timestamp) -> Bool { expiresAt.map { $0 <= now } ?? false }
}
