/// Where services differ in how they want a request signed.
package struct SigningRules: Hashable, Sendable {
    package enum Path: Hashable, Sendable {
        /// `.` and `..` and doubled slashes removed, then encoded once more.
        case normalized
        /// Encoded once more, as it stands.
        case encodedAgain
        /// As it was sent.
        case asSent
    }

    package var path: Path
    /// Whether `x-amz-content-sha256` is sent, and so signed.
    package var sendsPayloadHash: Bool
    /// Whether the session token is part of what is signed, or added afterwards.
    package var signsSessionToken: Bool

    package init(path: Path, sendsPayloadHash: Bool, signsSessionToken: Bool = true) {
        self.path = path
        self.sendsPayloadHash = sendsPayloadHash
        self.signsSessionToken = signsSessionToken
    }

    /// S3: a key may hold `//` and `..`, so its path is neither normalized nor encoded twice, and the payload hash is a
    /// required header.
    package static let s3 = SigningRules(path: .asSent, sendsPayloadHash: true)
    /// Every other service, STS among them.
    package static let standard = SigningRules(path: .normalized, sendsPayloadHash: false)
}
