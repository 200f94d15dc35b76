import Curl
import ScriptedServer
import Simulation
import SystemPackage
import Testing

@testable import AWS

@Suite struct SearchingForCredentials {
    private func chain(
        _ variables: [String: String], files: [String: String] = [:]
    ) -> CredentialChain<CurlClient, SimulatedTime> {
        CredentialChain(surroundings: .of(variables, files: files), client: Wire.client, time: SimulatedTime())
    }

    @Test("when there is nothing, the error names every place and how it was looked at")
    func nothing() throws {
        let error = try #require(chain(["HOME": "/h", "AWS_EC2_METADATA_DISABLED": "true"]).error())
        let expected = """
            no credentials found: looked at environment (AWS_ACCESS_KEY_ID not set), \
            web identity (AWS_WEB_IDENTITY_TOKEN_FILE not set), \
            profile (no profile `default` in /h/.aws/config (no such file) and /h/.aws/credentials (no such file)), \
            container endpoint (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and AWS_CONTAINER_CREDENTIALS_FULL_URI not set), \
            instance metadata (turned off by AWS_EC2_METADATA_DISABLED). \
            Give this process credentials in one of these ways
            """
        #expect("\(error)" == expected)
        #expect(error.kind == .notFound)
    }

    @Test("each place wins over those after it")
    func order() throws {
        let service = MetadataServer()
        defer { service.server.stop() }
        let container = ScriptedServer { _ in .response(200, body: Array(Document.credentials(key: "CONTAINER").utf8)) }
        defer { container.stop() }
        let files = ["/h/.aws/credentials": "[default]\naws_access_key_id = PROFILE\naws_secret_access_key = s\n"]
        var variables = ["AWS_EC2_METADATA_SERVICE_ENDPOINT": service.server.url, "AWS_METADATA_SERVICE_TIMEOUT": "20"]
        #expect(try chain(variables, files: files).ask().get().accessKeyID == "ASIAEXAMPLE")
        variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = container.url
        #expect(try chain(variables, files: files).ask().get().accessKeyID == "CONTAINER")
        variables["HOME"] = "/h"
        #expect(try chain(variables, files: files).ask().get().accessKeyID == "PROFILE")
        variables["AWS_ACCESS_KEY_ID"] = "ENVIRONMENT"
        variables["AWS_SECRET_ACCESS_KEY"] = "s"
        #expect(try chain(variables, files: files).ask().get().accessKeyID == "ENVIRONMENT")
        // Only what was needed has been asked.
        #expect(service.server.requests.count == 3 && container.requests.count == 1)
    }

    @Test(
        "what is configured and does not work ends the search",
        arguments: [
            (["AWS_ACCESS_KEY_ID": "A"], "AWS_SECRET_ACCESS_KEY is not"),
            (["AWS_SECRET_ACCESS_KEY": "s"], "AWS_ACCESS_KEY_ID is not"),
            (["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s\n"], "characters"),
            (["AWS_WEB_IDENTITY_TOKEN_FILE": "/t"], "AWS_ROLE_ARN is not"),
            (["AWS_WEB_IDENTITY_TOKEN_FILE": "/t", "AWS_ROLE_ARN": "arn:r"], "open /t"),
            (["AWS_WEB_IDENTITY_TOKEN_FILE": "/empty", "AWS_ROLE_ARN": "arn:r"], "/empty is empty"),
            (
                ["AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "arn:r", "AWS_REGION": "a.evil.com/"],
                "is no region"
            ),
            (
                ["AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "arn:r", "AWS_ENDPOINT_URL_STS": "sts"],
                "AWS_ENDPOINT_URL_STS"
            ),
            (["AWS_PROFILE": "gone", "HOME": "/h"], "no profile `gone`"),
            (["AWS_CONFIG_FILE": "/broken"], "/broken, line 1"),
            (
                ["AWS_PROFILE": "role", "AWS_CONFIG_FILE": "/role"],
                "credential_source = EcsContainer, but container endpoint"
            ),
        ])
    func misconfigured(_ variables: [String: String], _ expected: String) throws {
        let files = [
            "/empty": "\n", "/token": "t", "/broken": "x\n",
            "/role": "[profile role]\nrole_arn = arn:r\ncredential_source = EcsContainer\n",
        ]
        let error = try #require(chain(variables, files: files).error())
        #expect(error.kind == .misconfigured)
        #expect(error.detail.contains(expected), "\(error)")
        #expect(!error.advice.isEmpty)
    }

    @Test(
        "where the Security Token Service is",
        arguments: [
            ([:], "https://sts.amazonaws.com", "us-east-1"),
            (["AWS_REGION": "eu-west-1"], "https://sts.eu-west-1.amazonaws.com", "eu-west-1"),
            (["AWS_REGION": "cn-north-1"], "https://sts.cn-north-1.amazonaws.com.cn", "cn-north-1"),
            (
                ["AWS_REGION": "us-gov-west-1", "AWS_USE_FIPS_ENDPOINT": "true"],
                "https://sts-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"
            ),
            (
                ["AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL": "http://a:1", "AWS_ENDPOINT_URL_STS": "http://b:2"],
                "http://b:2", "eu-west-1"
            ),
            (["AWS_ENDPOINT_URL": "http://a:1"], "http://a:1", "us-east-1"),
            (
                ["AWS_ENDPOINT_URL": "http://a:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"],
                "https://sts.amazonaws.com", "us-east-1"
            ),
        ] as [([String: String], String, String)])
    func securityTokenService(_ variables: [String: String], _ url: String, _ region: String) throws {
        let place = try STSEndpoint.resolve(.of(variables))
        #expect(place.endpoint.description == url && place.region == region)
    }

    @Test("files of this machine are read, with their errors")
    func realFiles() throws {
        let surroundings = Surroundings.ofProcess()
        #expect(try surroundings.read("/proc/sys/kernel/ostype") == Array("Linux\n".utf8))
        #expect(throws: (any Error).self) { try surroundings.read("/no/such/file") }
        #expect(throws: (any Error).self) { try surroundings.read("/") }
    }
}
