import AWS
import Curl

extension S3Client {
    /// A part of an object, of this version where one is given. A store that knows no ranges may answer with the whole of an
    /// object that is no larger than what is asked for.
    func get(
        _ key: String, range: Range<Int64>, ifMatch: String?, limits: HTTPLimits,
        _ completion: @escaping @Sendable (ReadOutcome) -> Void
    ) {
        var request = S3Request(
            method: "GET", key: key,
            headers: [HTTPField("Range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)")], limits: limits)
        if let ifMatch { request.headers.append(HTTPField("If-Match", ifMatch)) }
        // Room for an error document, too.
        request.limits.responseMaxBytes = max(Int(range.upperBound - range.lowerBound), 64 << 10)
        send(request) { [location] result in
            switch result {
            case .failure(let failure): completion(.failed(failure))
            case .success(let response):
                let error = S3Error(response)
                switch (response.status, error.code) {
                case (206, _): completion(.bytes(response.body))
                // An error document is none, though.
                case (200, "") where range.lowerBound == 0: completion(.bytes(response.body))
                case (404, let code) where code != "NoSuchBucket": completion(.absent)
                // An empty object has no first byte.
                case (416, _) where range.lowerBound == 0: completion(.bytes([]))
                default: completion(.failed(StoreFailure(response, error, at: location)))
                }
            }
        }
    }
}
