package import Curl

/// How objects are written to a bucket.
package struct S3Options: Sendable {
    package var kmsKey: String?
    package var storageClass: String?
    package var tags: [(name: String, value: String)] = []
    /// Beside the gateway's own `x-amz-meta-sluice-…`.
    package var metadata: [(name: String, value: String)] = []
    /// Sends `x-amz-checksum-sha256` with every object, which the store verifies and states again. Default true.
    package var checksum = true
    package var limits = HTTPLimits()

    package init() {}
}
