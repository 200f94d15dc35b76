import Curl
import Model

/// One request to the Security Token Service.
struct STSCall: Sendable {
    var action: String
    var role: Role
    /// Besides the role's own.
    var parameters: [(String, Secret)]
    /// Nil for a call that needs no signature.
    var signedWith: Credentials?
    var place: STSEndpoint
    /// What the credentials will say about where they came from.
    var source: String

    func request(at moment: Timestamp) -> HTTPRequest {
        var form = [
            ("Action", action), ("Version", "2011-06-15"), ("RoleArn", role.arn),
            ("RoleSessionName", role.sessionName),
        ]
        if let lifetime = role.lifetime { form.append(("DurationSeconds", "\(lifetime.components.seconds)")) }
        let body = (form + parameters.map { ($0.0, $0.1.reveal()) }).map {
            "\($0.0)=\(PercentEncoding.component($0.1))"
        }.joined(separator: "&")
        var headers = [HTTPField("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")]
        let url = place.endpoint.url("/")
        if let signedWith {
            let signer = Signer(region: place.region, service: "sts", rules: .standard)
            headers += signer.headers(
                for: SigningRequest(
                    method: "POST", path: String(url.dropFirst(place.endpoint.origin.count)),
                    headers: headers + [HTTPField("Host", place.endpoint.authority)],
                    payload: .sha256(SHA256.hash(Array(body.utf8)))),
                credentials: signedWith, at: moment)
        }
        var limits = HTTPLimits()
        limits.connect = .seconds(5)
        limits.total = .seconds(15)
        return HTTPRequest("POST", url, headers: headers, body: .bytes(Array(body.utf8)), limits: limits)
    }
}
