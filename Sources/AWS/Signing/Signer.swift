package import Curl
package import Model

/// Signs requests to one service in one region with AWS Signature Version 4.
///
/// Pure but for the key cache; usable on any thread.
package struct Signer: Sendable {
    package let region: String
    package let service: String
    package let rules: SigningRules
    private let keys: SigningKeyCache

    package init(region: String, service: String, rules: SigningRules, keys: SigningKeyCache = SigningKeyCache()) {
        self.region = region
        self.service = service
        self.rules = rules
        self.keys = keys
    }

    /// A signer for S3 buckets of a region.
    package static func s3(region: String, keys: SigningKeyCache = SigningKeyCache()) -> Signer {
        Signer(region: region, service: "s3", rules: .s3, keys: keys)
    }

    /// The headers to add to the request: `X-Amz-Date`, `X-Amz-Security-Token` and `x-amz-content-sha256` where they
    /// apply, and `Authorization`. `moment` is the server's idea of now (see ``ClockSkew``).
    package func headers(
        for request: SigningRequest, credentials: Credentials, at moment: Timestamp
    ) -> [HTTPField] {
        let signature = headerSignature(request, credentials: credentials, at: moment)
        return signature.added
            + [
                HTTPField(
                    "Authorization",
                    "\(SigningScope.algorithm) Credential=\(credentials.accessKeyID)/\(signature.scope.text), "
                        + "SignedHeaders=\(signature.request.signedHeaders), Signature=\(signature.text)")
            ]
    }

    /// The query of a presigned URL: the request's own, followed by the signature's parameters. `lifetime` in whole
    /// seconds, from one second to seven days.
    package func presignedQuery(
        for request: SigningRequest, credentials: Credentials, at moment: Timestamp, lifetime: Duration
    ) -> String {
        let signature = querySignature(request, credentials: credentials, at: moment, lifetime: lifetime)
        return signature.query + "&X-Amz-Signature=\(signature.text)"
    }

    // MARK: The steps, for the tests that hold each to AWS's vectors

    struct Signature {
        var scope: SigningScope
        var request: CanonicalRequest
        /// The headers that the signature needs besides `Authorization`.
        var added: [HTTPField] = []
        /// The wire query without `X-Amz-Signature`.
        var query = ""
        var stringToSign: String
        var text: String
    }

    func headerSignature(_ request: SigningRequest, credentials: Credentials, at moment: Timestamp) -> Signature {
        let scope = SigningScope(moment, region: region, service: service)
        let token = credentials.sessionToken.map { [HTTPField("X-Amz-Security-Token", $0.reveal())] } ?? []
        var signed = [HTTPField("X-Amz-Date", scope.moment)]
        if rules.sendsPayloadHash { signed.append(HTTPField("x-amz-content-sha256", request.payload.text)) }
        let added = token + signed
        var whole = request
        whole.headers += rules.signsSessionToken ? added : signed
        var signature = sign(whole, scope, credentials)
        signature.added = added
        return signature
    }

    func querySignature(
        _ request: SigningRequest, credentials: Credentials, at moment: Timestamp, lifetime: Duration
    ) -> Signature {
        let seconds = lifetime.components.seconds
        precondition((1...604_800).contains(seconds), "a presigned URL lives from one second to seven days")
        let scope = SigningScope(moment, region: region, service: service)
        var parameters = [
            ("X-Amz-Algorithm", SigningScope.algorithm),
            ("X-Amz-Credential", "\(credentials.accessKeyID)/\(scope.text)"),
            ("X-Amz-Date", scope.moment),
            ("X-Amz-SignedHeaders", CanonicalRequest.signedHeaders(request.headers)),
            ("X-Amz-Expires", "\(seconds)"),
        ]
        let token = credentials.sessionToken.map { ("X-Amz-Security-Token", $0.reveal()) }
        if rules.signsSessionToken, let token { parameters.append(token) }
        var whole = request
        whole.query = Signer.query(request.query, parameters)
        var signature = sign(whole, scope, credentials)
        signature.query = whole.query
        if !rules.signsSessionToken, let token { signature.query = Signer.query(whole.query, [token]) }
        return signature
    }

    private func sign(_ request: SigningRequest, _ scope: SigningScope, _ credentials: Credentials) -> Signature {
        let canonical = CanonicalRequest(request, path: rules.path)
        let text = scope.stringToSign(canonical)
        let key = keys.key(credentials.secretAccessKey, scope)
        return Signature(
            scope: scope, request: canonical, stringToSign: text,
            text: hexText(HMACSHA256.code(for: text.utf8, key: key)))
    }

    private static func query(_ query: String, _ parameters: [(String, String)]) -> String {
        let encoded = parameters.map { "\($0.0)=\(PercentEncoding.component($0.1))" }
        return ((query.isEmpty ? [] : [query]) + encoded).joined(separator: "&")
    }
}
