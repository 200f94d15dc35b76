import Curl

/// Where the instance metadata service answers, and what its requests and answers look like.
struct InstanceMetadataService: Sendable, CustomStringConvertible {
    let endpoint: Endpoint
    /// Somebody named the endpoint: silence there is a failure, not a sign that this is no EC2 instance.
    let isExplicit: Bool
    /// `AWS_METADATA_SERVICE_TIMEOUT`, for each request. Default 1 s, as in AWS's tools.
    let timeout: Duration
    /// `AWS_METADATA_SERVICE_NUM_ATTEMPTS`. Default 1.
    let attemptsMax: Int

    private static let tokenLifetime = 21_600
    private static let tokenLifetimeHeader = "X-aws-ec2-metadata-token-ttl-seconds"
    private static let rolePath = "/latest/meta-data/iam/security-credentials/"

    init(_ surroundings: Surroundings) throws(CredentialError) {
        let explicit = surroundings["AWS_EC2_METADATA_SERVICE_ENDPOINT"]
        let overIPv6 = surroundings["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"]?.lowercased() == "ipv6"
        guard let endpoint = Endpoint(explicit ?? (overIPv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254"))
        else {
            throw CredentialError(
                .misconfigured, "AWS_EC2_METADATA_SERVICE_ENDPOINT is not an http or https URL",
                advice: "Correct or unset it")
        }
        self.endpoint = endpoint
        isExplicit = explicit != nil
        timeout = .seconds(try Self.number(surroundings, "AWS_METADATA_SERVICE_TIMEOUT", 1...300) ?? 1)
        attemptsMax = try Self.number(surroundings, "AWS_METADATA_SERVICE_NUM_ATTEMPTS", 1...10) ?? 1
    }

    private static func number(
        _ surroundings: Surroundings, _ variable: String, _ range: ClosedRange<Int>
    ) throws(CredentialError) -> Int? {
        guard let text = surroundings[variable] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw CredentialError(
                .misconfigured, "\(variable) is not a whole number from \(range.lowerBound) to \(range.upperBound)",
                advice: "Correct or unset it")
        }
        return number
    }

    var description: String { endpoint.description }

    func tokenRequest() -> HTTPRequest {
        request("PUT", "/latest/api/token", HTTPField(Self.tokenLifetimeHeader, "\(Self.tokenLifetime)"))
    }

    /// The token and how long it lasts, less a minute.
    func token(_ response: HTTPResponse) -> (Secret, Duration)? {
        let text = String(decoding: response.body, as: UTF8.self)
        guard (1...4096).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            return nil
        }
        let lifetime = response.header(Self.tokenLifetimeHeader).flatMap { Int($0) } ?? Self.tokenLifetime
        return (Secret(text), .seconds(max(0, min(lifetime, Self.tokenLifetime) - 60)))
    }

    func roleRequest(_ token: Secret) -> HTTPRequest { request("GET", Self.rolePath, Self.header(token)) }

    /// The first line; nil when there is none.
    func role(_ response: HTTPResponse) -> String? {
        let line = String(decoding: response.body, as: UTF8.self).split(whereSeparator: \.isNewline).first
        return line.flatMap { $0.utf8.count <= 256 ? String($0) : nil }
    }

    func credentialsRequest(_ token: Secret, role: String) -> HTTPRequest {
        request("GET", Self.rolePath + PercentEncoding.component(role), Self.header(token))
    }

    private static func header(_ token: Secret) -> HTTPField { HTTPField("X-aws-ec2-metadata-token", token.reveal()) }

    private func request(_ method: String, _ path: String, _ header: HTTPField) -> HTTPRequest {
        var limits = HTTPLimits()
        limits.connect = timeout
        limits.total = timeout
        limits.responseMaxBytes = 64 << 10
        var request = HTTPRequest(method, endpoint.url(path), headers: [header], limits: limits)
        // The address means this very machine; a proxy would answer for another, if at all.
        request.usesProxy = false
        return request
    }
}
