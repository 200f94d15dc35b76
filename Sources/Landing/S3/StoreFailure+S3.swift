import Curl

extension StoreFailure {
    /// What a reply other than success means.
    init(_ response: HTTPResponse, _ error: S3Error, at location: S3Location) {
        let said =
            "\(location.description) answered \(response.status)"
            + (error.code.isEmpty ? "" : " \(error.code)") + (error.message.isEmpty ? "" : ": \(error.message)")
        let retryAfter = response.header("Retry-After").flatMap { Int($0) }.map {
            Duration.seconds(min(max(0, $0), 3600))
        }
        switch (response.status, error.code) {
        case (301, _), (307, _), (308, _), (_, "AuthorizationHeaderMalformed"), (_, "PermanentRedirect"):
            let place = error.region.map { "it is in region \($0), the settings say \(location.region)" }
            self.init(.misconfigured, "\(said); \(place ?? "check the zone's region and endpoint")")
        case (404, "NoSuchBucket"):
            self.init(.misconfigured, "\(said); create the bucket, or correct the zone's `bucket`")
        case (_, "ExpiredToken"), (_, "InvalidToken"), (_, "TokenRefreshRequired"), (_, "InvalidAccessKeyId"),
            (_, "SignatureDoesNotMatch"):
            self.init(.denied, "\(said); the credentials are not good (any more)")
        case (_, "RequestTimeTooSkewed"): self.init(.denied, "\(said); this machine's clock is off")
        case (401, _), (403, _): self.init(.denied, "\(said); the credentials may not do this")
        case (_, "BadDigest"), (_, "XAmzContentSHA256Mismatch"), (_, "InvalidDigest"):
            self.init(.corrupt, "\(said); the bytes sent are not those that were sealed")
        case (501, _):
            self.init(.misconfigured, "\(said); the store does not know something that the zone's settings ask for")
        case (412, _): self.init(.corrupt, "\(said); the object is not the one that was listed any more")
        case (429, _), (503, _), (_, "SlowDown"), (_, "Throttling"), (_, "RequestLimitExceeded"):
            self.init(.throttled, said, retryAfter: retryAfter)
        default: self.init(.broken, said, retryAfter: retryAfter)
        }
    }

    init(_ failure: HTTPFailure, at location: S3Location) {
        switch failure {
        case .notSent(let detail), .unanswered(let detail):
            self.init(.unreachable, "\(location.description): \(detail)")
        case .body(let detail): self.init(.corrupt, "\(location.description): \(detail)")
        }
    }

    /// Whether the store may have done what was asked all the same.
    var leavesDoubt: Bool {
        switch kind {
        case .unreachable, .throttled, .broken: true
        case .denied, .misconfigured, .outOfSpace, .corrupt: false
        }
    }
}
