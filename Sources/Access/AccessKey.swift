import Model

/// A key as its bearer holds it: `slp_` (producers) or `slo_` (operators), 12 hex digits that name the key, `_`, and 43
/// characters of base64url: 256 random bits.
///
/// The text is shown once, when the key is made. Only its SHA-256 is kept: the secret is uniformly random, so there is
/// nothing to guess faster than 2^256 tries, and a slow password hash would only cost the door time per request.
package struct AccessKey: Sendable {
    package enum Kind: String, Sendable {
        case producer = "slp"
        case `operator` = "slo"
    }

    package let kind: Kind
    /// Names the key in lists, logs and the trail; no secret.
    package let id: String
    /// The whole key. Never logged, never stored.
    package let text: String

    private static let idLength = 12
    private static let secretLength = 43
    static let textLength = 3 + 1 + idLength + 1 + secretLength

    /// A new key from the machine's random source.
    package static func random(_ kind: Kind) -> AccessKey {
        var random = SystemRandomNumberGenerator()
        return AccessKey.random(kind, using: &random)
    }

    /// A new key from a cryptographic source.
    package static func random(
        _ kind: Kind, using random: inout some RandomNumberGenerator
    ) -> AccessKey {
        let id = hexText((0..<idLength / 2).map { _ in UInt8.random(in: 0...255, using: &random) })
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        // 43 symbols of 6 bits: 258 bits, each uniform.
        let secret = (0..<secretLength).map { _ in alphabet[Int.random(in: 0..<64, using: &random)] }
        return AccessKey(
            kind: kind, id: id, text: "\(kind.rawValue)_\(id)_\(String(decoding: secret, as: UTF8.self))")
    }

    /// Reads a key by its form alone; whether it is anyone's is for the book to say.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == AccessKey.textLength, bytes[3] == UInt8(ascii: "_"), bytes[16] == UInt8(ascii: "_"),
            let kind = Kind(rawValue: String(decoding: bytes[..<3], as: UTF8.self))
        else { return nil }
        self.init(kind: kind, id: String(decoding: bytes[4..<16], as: UTF8.self), text: String(text))
    }

    private init(kind: Kind, id: String, text: String) {
        self.kind = kind
        self.id = id
        self.text = text
    }

    /// What is kept of the key.
    package var sha256: [UInt8] { SHA256.hash(Array(text.utf8)) }

    /// The key of `Authorization: Bearer <key>` (RFC 6750, 2.1); the scheme's name in any case.
    package init?(authorization: String) {
        let bytes = authorization.utf8
        let scheme = "bearer "
        guard bytes.count > scheme.utf8.count,
            zip(bytes, scheme.utf8).allSatisfy({ $0 | 0x20 == $1 | 0x20 })
        else { return nil }
        self.init(Substring(bytes.dropFirst(scheme.utf8.count)).drop { $0 == " " })
    }
}

/// Compares in time that depends on the lengths only, so that an answer's delay tells nothing about the stored bytes.
func equalInConstantTime(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    guard a.count == b.count else { return false }
    var difference: UInt8 = 0
    for index in a.indices { difference |= a[index] ^ b[index] }
    return difference == 0
}
