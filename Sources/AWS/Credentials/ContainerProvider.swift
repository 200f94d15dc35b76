import Curl
import Files
import Model

/// The endpoint that ECS tasks and EKS pods (Pod Identity) get their role's credentials from.
struct ContainerProvider<Client: HTTPClient>: CredentialProvider {
    let surroundings: Surroundings
    let client: Client
    var name: String { "container endpoint" }

    private static var relativeHost: String { "http://169.254.170.2" }
    /// Plain HTTP goes to these and to loopback only: anything else could read the credentials on the way.
    private static var plainHosts: Set<String> { ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"] }

    func find(_ completion: @escaping @Sendable (Finding) -> Void) {
        let request: HTTPRequest
        do throws(CredentialError) {
            guard let endpoint = try endpoint() else {
                return completion(
                    .absent("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and AWS_CONTAINER_CREDENTIALS_FULL_URI not set"))
            }
            request = try self.request(endpoint)
        } catch { return completion(.failed(error)) }
        send(request, attempt: 1) { completion(Finding($0)) }
    }

    private func endpoint() throws(CredentialError) -> Endpoint? {
        if let path = surroundings["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] {
            guard path.hasPrefix("/"), let endpoint = Endpoint(Self.relativeHost + path) else {
                throw CredentialError(
                    .misconfigured, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not a path",
                    advice: "It is set by ECS; don't set it by hand")
            }
            return endpoint
        }
        guard let url = surroundings["AWS_CONTAINER_CREDENTIALS_FULL_URI"] else { return nil }
        guard let endpoint = Endpoint(url) else {
            throw CredentialError(
                .misconfigured, "AWS_CONTAINER_CREDENTIALS_FULL_URI is not an http or https URL",
                advice: "Correct or unset it")
        }
        guard endpoint.isTLS || endpoint.isLoopback || Self.plainHosts.contains(endpoint.host) else {
            throw CredentialError(
                .misconfigured,
                "AWS_CONTAINER_CREDENTIALS_FULL_URI leads to \(endpoint.host) over plain HTTP, where others could read "
                    + "the credentials",
                advice: "Use https, a loopback address, 169.254.170.2, 169.254.170.23 or [fd00:ec2::23]")
        }
        return endpoint
    }

    private func request(_ endpoint: Endpoint) throws(CredentialError) -> HTTPRequest {
        var headers = [HTTPField("Accept", "application/json")]
        if let token = try authorization() { headers.append(HTTPField("Authorization", token)) }
        var limits = HTTPLimits()
        limits.connect = .seconds(2)
        limits.total = .seconds(5)
        var request = HTTPRequest("GET", endpoint.description, headers: headers, limits: limits)
        request.usesProxy = endpoint.isTLS
        return request
    }

    /// The file is read anew for every request: EKS replaces it.
    private func authorization() throws(CredentialError) -> String? {
        var token = surroundings["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
        var origin = "AWS_CONTAINER_AUTHORIZATION_TOKEN"
        if let file = surroundings["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] {
            origin = file
            do throws(FileError) { token = try surroundings.readToken(surroundings.path(file)) } catch {
                throw CredentialError(
                    .misconfigured, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: \(error)",
                    advice: "Check that the token is mounted there and that this process may read it")
            }
        }
        if let token, token.isEmpty || !token.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) {
            throw CredentialError(
                .misconfigured, "the authorization token in \(origin) is empty or can't be sent as a header",
                advice: "Check what writes it")
        }
        return token
    }

    private func send(
        _ request: HTTPRequest, attempt: Int,
        _ completion: @escaping @Sendable (Result<Credentials, CredentialError>) -> Void
    ) {
        client.send(request) { result in
            switch ContainerProvider.credentials(result, from: request.url) {
            case .failure(let error) where error.kind == .unavailable && attempt < 2:
                send(request, attempt: attempt + 1, completion)
            case let outcome: completion(outcome)
            }
        }
    }

    private static func credentials(
        _ result: Result<HTTPResponse, HTTPFailure>, from url: String
    ) -> Result<Credentials, CredentialError> {
        func failure(_ kind: CredentialError.Kind, _ detail: String, _ advice: String) -> Result<
            Credentials, CredentialError
        > {
            .failure(CredentialError(kind, "container endpoint \(url): \(detail)", advice: advice))
        }
        let response: HTTPResponse
        switch result {
        case .failure(let error):
            return failure(.unavailable, "\(error)", "Check that the agent runs and can be reached from this container")
        case .success(let answer): response = answer
        }
        do throws(CredentialDocument.Fault) {
            guard response.status == 200 else {
                let document = try? CredentialDocument(response.body)
                let reason = shown(
                    [document?.refusalCode, document?.refusalMessage].compactMap { $0 }.joined(separator: ": "))
                return failure(
                    response.status >= 500 || response.status == 429 ? .unavailable : .refused,
                    "status \(response.status)" + (reason.isEmpty ? "" : ", \(reason)"),
                    "Check the task's or pod's role, and the authorization token")
            }
            return .success(
                try CredentialDocument(response.body).credentials(from: "container endpoint", temporary: true))
        } catch { return failure(.unavailable, error.detail, "Check that the URL is the credential endpoint") }
    }
}
