import Curl
import Model

/// What came of a call to the Security Token Service.
enum STSReply {
    case credentials(Credentials)
    /// No usable answer; the same call can succeed at once or later.
    case tryAgain(CredentialError)
    /// The clock is to blame; the server's `Date` is the cure.
    case skewed(date: String?, CredentialError)
    case refused(CredentialError)

    init(_ result: Result<HTTPResponse, HTTPFailure>, to call: STSCall) {
        let place = "\(call.action) of \(call.role.arn) at \(call.place.endpoint)"
        switch result {
        case .failure(let failure):
            self = .tryAgain(
                CredentialError(
                    .unavailable, "\(place): \(failure)",
                    advice: "Check the network from here to that endpoint; AWS_ENDPOINT_URL_STS names another"))
        case .success(let response) where response.status == 200: self = STSReply.success(response, call, place)
        case .success(let response): self = STSReply.failure(response, call, place)
        }
    }

    private static func success(_ response: HTTPResponse, _ call: STSCall, _ place: String) -> STSReply {
        guard let keys = XMLTree.parse(response.body)?.find("Credentials"),
            let keyID = keys["AccessKeyId"]?.text, let secret = keys["SecretAccessKey"]?.text,
            let token = keys["SessionToken"]?.text,
            let expiration = (keys["Expiration"]?.text).flatMap({ Timestamp(iso8601: $0) }),
            let credentials = Credentials(
                checking: keyID, secret, token: token, expiration: expiration, source: call.source)
        else {
            return .tryAgain(
                CredentialError(
                    .unavailable, "\(place): status 200, but no credentials in the answer",
                    advice: "Check that the endpoint is AWS's Security Token Service, not a proxy's page"))
        }
        return .credentials(credentials)
    }

    private static func failure(_ response: HTTPResponse, _ call: STSCall, _ place: String) -> STSReply {
        let document = ErrorDocument(response.body)
        let detail = "\(place): \(response.status) " + (document.map { "\($0)" } ?? "without an error document")
        let code = document?.code ?? ""
        let message = document?.message ?? ""
        if ClockSkew.errorCodes.contains(code) || message.hasPrefix("Signature expired")
            || message.hasPrefix("Signature not yet current")
        {
            return .skewed(
                date: response.header("Date"),
                CredentialError(.refused, detail, advice: "Set this machine's clock (NTP)"))
        }
        if response.status >= 500 || response.status == 429
            || ["IDPCommunicationError", "Throttling", "ThrottlingException", "RequestThrottled"].contains(code)
        {
            return .tryAgain(CredentialError(.unavailable, detail, advice: "It will be tried again"))
        }
        return .refused(CredentialError(.refused, detail, advice: advice(code, call)))
    }

    private static func advice(_ code: String, _ call: STSCall) -> String {
        switch code {
        case "ExpiredTokenException", "ExpiredToken", "ExpiredIdentityToken":
            "The token it was called with has expired: check what renews the token file, and this machine's clock"
        case "AccessDenied": "Check the role's trust policy, and the permission to call sts:\(call.action)"
        case "InvalidIdentityToken":
            "Check that the role trusts the token's issuer, and the token its audience (sts.amazonaws.com)"
        case "InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException":
            "Check the keys that the role is assumed with"
        case "RegionDisabledException": "Enable the region for STS in the account, or set AWS_REGION to another"
        default: "Check the role and what it is assumed with"
        }
    }
}
