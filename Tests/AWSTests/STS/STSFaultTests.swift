import Curl
import ScriptedServer
import Simulation
import Testing

@testable import AWS

/// What a Security Token Service should not answer, but networks and proxies do.
@Suite struct SecurityTokenFaults {
    private func chain(_ url: String) -> CredentialChain<CurlClient, SimulatedTime> {
        CredentialChain(
            surroundings: .of(
                ["AWS_WEB_IDENTITY_TOKEN_FILE": "/t", "AWS_ROLE_ARN": "arn:r", "AWS_ENDPOINT_URL_STS": url],
                files: ["/t": "the-web-token"]),
            client: Wire.client, time: SimulatedTime())
    }

    private static let answer = """
        <AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIA</AccessKeyId>
        <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2030-01-01T00:00:00Z</Expiration>
        </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>
        """

    @Test("a lost answer, a 503, a page with status 200 and half an answer are each tried once more")
    func once() throws {
        let faults: [ScriptedServer.Reply] = [
            .hangUp, .response(503), .response(429), .response(200, body: Array("<html></html>".utf8)),
            .response(200, body: Array(Self.answer.utf8.prefix(150))),
            .response(
                400,
                body: Array("<ErrorResponse><Error><Code>IDPCommunicationError</Code></Error></ErrorResponse>".utf8)),
        ]
        for fault in faults {
            let server = FaultyServer(fault, times: 1)
            #expect(try chain(server.url).ask().get().accessKeyID == "ASIA")
            #expect(server.count == 2)
            let lasting = FaultyServer(fault, times: 9)
            let error = try #require(chain(lasting.url).error())
            #expect(error.kind == .unavailable && !"\(error)".contains("the-web-token"))
            #expect(lasting.count == 2)
        }
    }

    @Test("nobody there")
    func nobody() throws {
        let error = try #require(chain("http://127.0.0.1:1").error())
        #expect(error.kind == .unavailable && error.detail.contains("http://127.0.0.1:1"))
    }

    private final class FaultyServer: Sendable {
        private let server: ScriptedServer
        var url: String { server.url }
        var count: Int { server.requests.count }

        init(_ fault: ScriptedServer.Reply, times: Int) {
            let left = Countdown(times)
            server = ScriptedServer { _ in
                left.next() ? fault : .response(200, body: Array(SecurityTokenFaults.answer.utf8))
            }
        }
        deinit { server.stop() }
    }
}
