import Curl
import ScriptedServer
import Simulation
import Testing

@testable import AWS

@Suite struct ContainerEndpoint {
    private func chain(
        _ variables: [String: String], files: [String: String] = [:]
    ) -> CredentialChain<CurlClient, SimulatedTime> {
        CredentialChain(
            surroundings: .of(variables, files: files), client: Wire.client, time: SimulatedTime())
    }

    /// As the EKS Pod Identity agent: the token is required, and is the pod's own.
    private func agent(_ token: String) -> ScriptedServer {
        ScriptedServer { request in
            guard request.method == "GET", request.target == "/v1/credentials?x=1" else { return .response(404) }
            guard request.header("Authorization") == token else {
                return .response(400, body: Array(#"{"code":"InvalidToken","message":"no\nway"}"#.utf8))
            }
            return .response(200, body: Array(Document.credentials().utf8))
        }
    }

    @Test("with the token from a file, which wins over the variable, and is read anew each time")
    func tokenFile() throws {
        let server = agent("pod-token")
        defer { server.stop() }
        let credentials = try chain(
            [
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url + "/v1/credentials?x=1",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/var/token", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "other",
            ], files: ["/var/token": "pod-token\n"]
        ).ask().get()
        #expect(credentials.accessKeyID == "ASIAEXAMPLE" && credentials.source == "container endpoint")
    }

    @Test("with the token from the variable; a wrong one is refused, and the refusal is told")
    func tokenVariable() throws {
        let server = agent("pod-token")
        defer { server.stop() }
        let url = server.url + "/v1/credentials?x=1"
        _ = try chain(
            ["AWS_CONTAINER_CREDENTIALS_FULL_URI": url, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "pod-token"]
        ).ask().get()
        let error = try #require(
            chain(["AWS_CONTAINER_CREDENTIALS_FULL_URI": url, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "stolen"]).error())
        #expect(error.kind == .refused && error.detail.contains("status 400, InvalidToken: no way"))
        #expect(!"\(error)".contains("stolen"))
    }

    @Test("an endpoint that fails once is asked again; one that goes on failing is given up")
    func retry() throws {
        let server = ScriptedServer { request in
            request.header("Authorization") == "always" || request.connection == 1
                ? .response(500) : .response(200, body: Array(Document.credentials().utf8))
        }
        defer { server.stop() }
        let error = try #require(
            chain(["AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "always"])
                .error())
        #expect(error.kind == .unavailable)
        #expect(server.requests.count == 2)
    }

    @Test(
        "plain HTTP goes to this machine only; what leads elsewhere is refused before a byte is sent",
        arguments: [
            "http://169.254.170.3/x", "http://example.com/x", "http://127.0.0.1.example.com/x",
            "http://[fd00:ec2::24]/x",
            "ftp://127.0.0.1/x", "//127.0.0.1/x",
        ])
    func elsewhere(_ url: String) throws {
        let error = try #require(chain(["AWS_CONTAINER_CREDENTIALS_FULL_URI": url]).error())
        #expect(error.kind == .misconfigured)
    }

    @Test(
        "the addresses that SDKs allow are allowed, and a relative path goes to the ECS agent",
        arguments: [
            (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.2/x"], "http://169.254.170.2/x", false),
            (
                ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials"],
                "http://169.254.170.23/v1/credentials", false
            ),
            (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://[fd00:ec2::23]/v1"], "http://[fd00:ec2::23]/v1", false),
            (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "https://example.com/x"], "https://example.com/x", true),
            (
                [
                    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/abc?d=e",
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://x/",
                ],
                "http://169.254.170.2/v2/credentials/abc?d=e", false
            ),
        ])
    func allowed(_ variables: [String: String], _ url: String, _ usesProxy: Bool) throws {
        /// Nothing of this may leave the machine: what would be sent is looked at.
        struct Recorder: HTTPClient {
            let answer: Answer<HTTPRequest>
            func interrupt() {}
            func send(
                _ request: HTTPRequest, completion: @escaping @Sendable (Result<HTTPResponse, HTTPFailure>) -> Void
            ) {
                answer.give(request)
                completion(.success(HTTPResponse(status: 200, body: Array(Document.credentials().utf8))))
            }
        }
        let answer = Answer<HTTPRequest>()
        let chain = CredentialChain(
            surroundings: .of(variables), client: Recorder(answer: answer), time: SimulatedTime())
        #expect(chain.error() == nil)
        let request = answer.wait()
        #expect(request.url == url && request.usesProxy == usesProxy)
    }

    @Test("a token that would be more than one header is refused")
    func tokenWithLineBreak() throws {
        let error = try #require(
            chain(
                [
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/",
                    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/t",
                ],
                files: ["/t": "a\r\nHost: b"]
            ).error())
        #expect(error.kind == .misconfigured)
        let absent = try #require(
            chain(
                [
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/",
                    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/t",
                ]
            ).error())
        #expect(absent.detail.contains("open /t"))
    }
}
