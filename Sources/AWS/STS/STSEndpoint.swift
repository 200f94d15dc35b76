/// Where the Security Token Service answers, and for which region its requests are signed.
struct STSEndpoint: Hashable, Sendable {
    var endpoint: Endpoint
    var region: String

    /// `AWS_ENDPOINT_URL_STS`, else `AWS_ENDPOINT_URL`, else the region's own endpoint, else the global one.
    static func resolve(_ surroundings: Surroundings) throws(CredentialError) -> STSEndpoint {
        let region = Region.resolve(surroundings)
        if let region, !Region.isValid(region) {
            throw CredentialError(
                .misconfigured, "`\(region)` is no region", advice: "Set AWS_REGION to one, such as eu-west-1")
        }
        if !surroundings.isTrue("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") {
            for variable in ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"] {
                guard let url = surroundings[variable] else { continue }
                guard let endpoint = Endpoint(url) else {
                    throw CredentialError(
                        .misconfigured, "\(variable) is not an http or https URL", advice: "Correct or unset it")
                }
                return STSEndpoint(endpoint: endpoint, region: region ?? "us-east-1")
            }
        }
        let name = surroundings.isTrue("AWS_USE_FIPS_ENDPOINT") ? "sts-fips" : "sts"
        // Without a region only the global endpoint is left; it lives in us-east-1.
        let host = region.map { "\(name).\($0).\(domain(of: $0))" } ?? "sts.amazonaws.com"
        return STSEndpoint(endpoint: Endpoint("https://\(host)")!, region: region ?? "us-east-1")
    }

    /// AWS's partitions have domains of their own.
    private static func domain(of region: String) -> String {
        for (prefix, domain) in [
            ("cn-", "amazonaws.com.cn"), ("us-isob-", "sc2s.sgov.gov"), ("us-isof-", "csp.hci.ic.gov"),
            ("us-iso-", "c2s.ic.gov"), ("eu-isoe-", "cloud.adc-e.uk"), ("eusc-", "amazonaws.eu"),
        ] where region.hasPrefix(prefix) { return domain }
        return "amazonaws.com"
    }
}
