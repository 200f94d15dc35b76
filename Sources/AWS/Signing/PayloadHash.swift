import Model

/// What a signature says about the body.
package enum PayloadHash: Hashable, Sendable {
    /// The SHA-256 of the body's bytes.
    case sha256([UInt8])
    /// The signature does not cover the body (presigned URLs; S3 over TLS only).
    case unsigned

    /// Of a request without a body.
    package static let empty = PayloadHash.sha256(SHA256.hash([]))

    /// As in the canonical request and in `x-amz-content-sha256`.
    var text: String {
        switch self {
        case .sha256(let hash): hexText(hash)
        case .unsigned: "UNSIGNED-PAYLOAD"
        }
    }
}
