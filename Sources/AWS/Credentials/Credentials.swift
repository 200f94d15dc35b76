package import Model

/// An access key, and where it came from. The secrets print as `<redacted>`.
package struct Credentials: Hashable, Sendable, CustomStringConvertible {
    package var accessKeyID: String
    package var secretAccessKey: Secret
    /// Present with temporary credentials.
    package var sessionToken: Secret?
    /// When they end; nil for those that last until somebody revokes them.
    package var expiration: Timestamp?
    /// Which provider gave them, for logs: `environment`, ``profile `prod` ``, `instance metadata`.
    package var source: String

    package init(
        accessKeyID: String, secretAccessKey: Secret, sessionToken: Secret? = nil, expiration: Timestamp? = nil,
        source: String
    ) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiration = expiration
        self.source = source
    }

    /// The key id is no secret: AWS writes it into every log and every signed URL.
    package var description: String {
        "\(accessKeyID) from \(source)" + (expiration.map { " until \($0)" } ?? "")
    }
}

extension Credentials {
    static let badCharacters = "a key or token is empty or has characters that no AWS key has"

    /// Nil unless every part is made of visible ASCII: they become headers, where a line break would be another header.
    init?(
        checking accessKeyID: String, _ secretAccessKey: String, token: String?, expiration: Timestamp?, source: String
    ) {
        for part in [accessKeyID, secretAccessKey] + (token.map { [$0] } ?? []) {
            guard !part.isEmpty, part.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        }
        self.init(
            accessKeyID: accessKeyID, secretAccessKey: Secret(secretAccessKey), sessionToken: token.map { Secret($0) },
            expiration: expiration, source: source)
    }
}
