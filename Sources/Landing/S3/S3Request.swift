import AWS
import Curl

/// One request to a bucket, before it is signed.
struct S3Request: Sendable {
    var method: String
    /// nil: the bucket itself.
    var key: String?
    /// Names and values, not yet encoded.
    var query: [(String, String)] = []
    var headers: [HTTPField] = []
    var body = HTTPBody.none
    var payload = PayloadHash.empty
    var limits: HTTPLimits

    var encodedQuery: String {
        query.map { "\(PercentEncoding.component($0))=\(PercentEncoding.component($1))" }.joined(separator: "&")
    }
}
