import Curl

/// The form of a request that both sides hash (AWS, "Create a canonical request").
struct CanonicalRequest {
    /// The names of the signed headers, lowercase, sorted, joined by `;`.
    let signedHeaders: String
    let text: String

    init(_ request: SigningRequest, path: SigningRules.Path) {
        let headers = CanonicalRequest.headers(request.headers)
        signedHeaders = headers.map(\.name).joined(separator: ";")
        text = [
            request.method,
            CanonicalRequest.path(request.path, path),
            CanonicalRequest.query(request.query),
            headers.map { "\($0.name):\($0.value)\n" }.joined(),
            signedHeaders,
            request.payload.text,
        ].joined(separator: "\n")
    }

    /// What `X-Amz-SignedHeaders` must say before the query that carries it can be signed.
    static func signedHeaders(_ headers: [HTTPField]) -> String {
        CanonicalRequest.headers(headers).map(\.name).joined(separator: ";")
    }

    /// Headers that a proxy or the HTTP library may change or add on the way.
    private static let unsigned: Set<String> = [
        "authorization", "connection", "expect", "transfer-encoding", "user-agent", "x-amzn-trace-id",
    ]

    private static func headers(_ headers: [HTTPField]) -> [(name: String, value: String)] {
        var values: [String: [String]] = [:]
        for header in headers {
            let name = header.name.lowercased()
            if !unsigned.contains(name) { values[name, default: []].append(collapsed(header.value)) }
        }
        precondition(values["host"] != nil, "a signed request names its host")
        return values.sorted { $0.key < $1.key }.map { ($0.key, $0.value.joined(separator: ",")) }
    }

    /// Without white space at the ends, and with every run of it inside as one space.
    private static func collapsed(_ value: String) -> String {
        value.utf8.split { $0 == 0x20 || (0x09...0x0D).contains($0) }.map { String(Substring($0)) }
            .joined(separator: " ")
    }

    private static func path(_ path: String, _ rule: SigningRules.Path) -> String {
        precondition(path.utf8.first == UInt8(ascii: "/"), "a path begins with a slash")
        switch rule {
        case .asSent: return path
        case .encodedAgain: return PercentEncoding.path(path)
        case .normalized: return PercentEncoding.path(normalized(path))
        }
    }

    private static func normalized(_ path: String) -> String {
        var kept: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = kept.popLast() } else { kept.append(part) }
        }
        let endsInSlash = path.hasSuffix("/") && !kept.isEmpty
        return "/" + kept.joined(separator: "/") + (endsInSlash ? "/" : "")
    }

    /// Decoded and encoded anew, so that it does not matter how the sender wrote it; sorted by name, then value.
    private static func query(_ query: String) -> String {
        query.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let encoded = parts.map { PercentEncoding.encode(PercentEncoding.decode($0), keepingSlash: false) }
            return (name: encoded[0], value: encoded.count > 1 ? encoded[1] : "")
        }
        .sorted { ($0.name, $0.value) < ($1.name, $1.value) }
        .map { "\($0.name)=\($0.value)" }
        .joined(separator: "&")
    }
}
