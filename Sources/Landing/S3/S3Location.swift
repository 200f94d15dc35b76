import AWS

/// Where a bucket is, and how its objects are addressed.
package struct S3Location: Sendable, Equatable {
    package let bucket: String
    /// Before every object's name; empty, or without a slash at either end.
    package let prefix: String
    package let region: String
    /// `http` or `https`, and the host with its port, as they go on the wire.
    let scheme: String
    let host: String
    private let pathStyle: Bool

    /// - Parameter endpoint: `http://…` or `https://…` without a path; nil is AWS's own for the region. A bucket with a dot in
    ///   its name is addressed by path there, since no certificate covers it as a host name.
    package init(bucket: String, prefix: String = "", region: String, endpoint: String? = nil, pathStyle: Bool = false)
    {
        self.bucket = bucket
        self.prefix = prefix
        self.region = region
        let inPath = pathStyle || (endpoint == nil && bucket.contains("."))
        self.pathStyle = inPath
        let base: (scheme: String, host: String)
        if let endpoint {
            let parts = endpoint.split(separator: "://", maxSplits: 1)
            base = (String(parts[0]), S3Location.withoutDefaultPort(String(parts[1]), scheme: String(parts[0])))
        } else {
            base = ("https", "s3.\(region).amazonaws.com" + (region.hasPrefix("cn-") ? ".cn" : ""))
        }
        scheme = base.scheme
        host = inPath ? base.host : "\(bucket).\(base.host)"
    }

    /// As people write it: `s3://bucket/prefix`.
    package var description: String { "s3://\(bucket)" + (prefix.isEmpty ? "" : "/\(prefix)") }

    /// The key of an object with that name.
    package func key(_ name: String) -> String { prefix.isEmpty ? name : "\(prefix)/\(name)" }

    /// The path on the request line; nil is the bucket itself.
    func path(key: String?) -> String {
        let object = key.map { PercentEncoding.path($0) } ?? ""
        return pathStyle ? "/\(bucket)/\(object)" : "/\(object)"
    }

    /// libcurl leaves a scheme's own port out of `Host`; the signature must too.
    private static func withoutDefaultPort(_ host: String, scheme: String) -> String {
        let port = scheme == "https" ? ":443" : ":80"
        return host.hasSuffix(port) ? String(host.dropLast(port.count)) : host
    }
}
