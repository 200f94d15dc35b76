import Model

/// What a signature is good for: one day, one region, one service.
struct SigningScope: Hashable {
    /// `YYYYMMDDTHHMMSSZ`, in UTC.
    let moment: String
    let region: String
    let service: String

    init(_ moment: Timestamp, region: String, service: String) {
        // `2026-01-02T03:04:05.678901Z`, without punctuation and fraction.
        self.moment = String(moment.description.prefix(19).filter { $0 != "-" && $0 != ":" }) + "Z"
        self.region = region
        self.service = service
    }

    /// `YYYYMMDD`.
    var day: String { String(moment.prefix(8)) }
    var text: String { "\(day)/\(region)/\(service)/aws4_request" }

    static let algorithm = "AWS4-HMAC-SHA256"

    func stringToSign(_ request: CanonicalRequest) -> String {
        "\(SigningScope.algorithm)\n\(moment)\n\(text)\n\(hexText(SHA256.hash(Array(request.text.utf8))))"
    }

    /// The key that signs within this scope: four rounds of HMAC from the secret key.
    func signingKey(_ secretAccessKey: Secret) -> [UInt8] {
        [day, region, service, "aws4_request"].reduce(Array("AWS4\(secretAccessKey.reveal())".utf8)) { key, part in
            HMACSHA256.code(for: part.utf8, key: key)
        }
    }
}
