import Curl
import Model
import Simulation
import Testing

@testable import AWS

/// Against moto's Security Token Service, whose requests' signatures are checked by botocore's signer.
@Suite(.enabled(if: STSServer.isThere)) struct SecurityToken {
    private let time = SimulatedTime(SystemTime().now())

    private func chain(
        _ variables: [String: String] = [:], config: String = "", credentials: String = ""
    ) -> CredentialChain<CurlClient, SimulatedTime> {
        var all = ["HOME": "/h", "AWS_ENDPOINT_URL_STS": STSServer.shared.url, "AWS_REGION": "eu-west-1"]
        all.merge(variables) { _, new in new }
        let files = [
            "/h/.aws/config": config, "/h/.aws/credentials": credentials, "/good": "good.web.token\n",
            "/expired": "expired", "/foreign": "foreign",
        ]
        return CredentialChain(
            surroundings: .of(all, files: files), client: Wire.client, time: time, sessionName: "use1-a gateway")
    }

    private let base = "[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = base-secret/with+signs\n"

    private func expectTemporary(_ credentials: Credentials, _ source: String) {
        #expect(credentials.accessKeyID.hasPrefix("ASIA") && credentials.sessionToken != nil)
        #expect(credentials.source == source)
        let life = credentials.expiration.map { $0.microseconds - SystemTime().now().microseconds } ?? 0
        #expect(life > 0 && life < 13 * 3600 * 1_000_000)
    }

    @Test("web identity from the environment, unsigned")
    func webIdentity() throws {
        let arn = "arn:aws:iam::123456789012:role/web"
        let variables = ["AWS_WEB_IDENTITY_TOKEN_FILE": "/good", "AWS_ROLE_ARN": arn, "AWS_ROLE_SESSION_NAME": "pod-1"]
        expectTemporary(try chain(variables).ask().get(), "web identity")
        expectTemporary(
            try chain(config: "[default]\nrole_arn = \(arn)\nweb_identity_token_file = /good\n").ask().get(),
            "profile `default`, role \(arn)")
    }

    @Test("a role over keys, and a role over that role: each call is signed as botocore would")
    func roles() throws {
        let config = """
            [profile top]
            role_arn = arn:aws:iam::123456789012:role/top
            source_profile = middle
            duration_seconds = 1800
            [profile middle]
            role_arn = arn:aws:iam::123456789012:role/path/middle
            source_profile = base
            external_id = a b/c+d=e&f
            role_session_name = me@example.com
            """
        expectTemporary(
            try chain(["AWS_PROFILE": "middle"], config: config, credentials: base).ask().get(),
            "profile `middle`, role arn:aws:iam::123456789012:role/path/middle")
        let top = try chain(["AWS_PROFILE": "top"], config: config, credentials: base).ask().get()
        expectTemporary(top, "profile `top`, role arn:aws:iam::123456789012:role/top")
        let life = try #require(top.expiration).microseconds - SystemTime().now().microseconds
        #expect(life < 1801 * 1_000_000)
    }

    @Test("a clock that is wrong is corrected once, and stays corrected", arguments: [-3600, 3600, 86_000])
    func skew(_ seconds: Int) throws {
        let config = "[default]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = base\n"
        let chain = chain(config: config, credentials: base)
        time.jumpWall(by: .seconds(seconds))
        #expect(try chain.ask().get().accessKeyID.hasPrefix("ASIA"))
        #expect(try chain.ask().get().accessKeyID.hasPrefix("ASIA"))
    }

    @Test("a clock that is wrong by more than a day is not")
    func farOff() throws {
        let config = "[default]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = base\n"
        let chain = chain(config: config, credentials: base)
        time.jumpWall(by: .seconds(-2 * 86_400))
        let error = try #require(chain.error())
        #expect(error.kind == .refused && error.advice.contains("clock"))
    }

    @Test(
        "refusals are told with the service's own words",
        arguments: [
            ("AKIABASE", "wrong", "r", "SignatureDoesNotMatch"), ("AKIAGONE", "x", "r", "InvalidClientTokenId"),
            ("AKIABASE", "base-secret/with+signs", "denied", "AccessDenied"),
        ])
    func refusals(_ key: String, _ secret: String, _ role: String, _ code: String) throws {
        let error = try #require(
            chain(
                config: "[default]\nrole_arn = arn:aws:iam::123456789012:role/\(role)\nsource_profile = base\n",
                credentials: "[base]\naws_access_key_id = \(key)\naws_secret_access_key = \(secret)\n"
            ).error())
        #expect(error.kind == .refused && error.detail.contains("403 \(code)"))
        #expect(!"\(error)".contains(secret) || secret == "x")
    }

    @Test(
        "web identity tokens that are refused",
        arguments: [
            ("/expired", "400 ExpiredTokenException"), ("/foreign", "400 InvalidIdentityToken"),
        ])
    func refusedTokens(_ file: String, _ expected: String) throws {
        let error = try #require(
            chain(["AWS_WEB_IDENTITY_TOKEN_FILE": file, "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/web"]).error())
        #expect(error.kind == .refused && error.detail.contains(expected))
    }
}
