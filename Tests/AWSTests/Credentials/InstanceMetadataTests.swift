import Curl
import Model
import ScriptedServer
import Simulation
import Testing

@testable import AWS

@Suite struct InstanceMetadata {
    private let time = SimulatedTime()

    private func chain(_ url: String, _ more: [String: String] = [:]) -> CredentialChain<CurlClient, SimulatedTime> {
        var variables = ["AWS_EC2_METADATA_SERVICE_ENDPOINT": url, "AWS_METADATA_SERVICE_TIMEOUT": "20"]
        variables.merge(more) { _, new in new }
        return CredentialChain(surroundings: .of(variables), client: Wire.client, time: time)
    }

    @Test("a token by PUT, the role's name, its credentials")
    func roleCredentials() throws {
        let service = MetadataServer()
        defer { service.server.stop() }
        let credentials = try chain(service.server.url).ask().get()
        #expect(credentials.accessKeyID == "ASIAEXAMPLE" && credentials.secretAccessKey.reveal() == "a-secret")
        #expect(credentials.sessionToken?.reveal() == "a-token")
        #expect(credentials.expiration == Timestamp(iso8601: "2030-01-02T03:04:05Z"))
        #expect(credentials.source == "instance metadata, role gateway-role")
        let requests = service.server.requests
        #expect(requests.map(\.method) == ["PUT", "GET", "GET"])
        #expect(requests[0].header("X-aws-ec2-metadata-token-ttl-seconds") == "21600")
        #expect(requests[0].header("Content-Length") == "0" && requests[0].header("Transfer-Encoding") == nil)
    }

    @Test("the token is kept for its six hours, less a minute")
    func keptToken() throws {
        let service = MetadataServer()
        defer { service.server.stop() }
        let chain = chain(service.server.url)
        _ = try chain.ask().get()
        _ = try chain.ask().get()
        #expect(service.server.requests.filter { $0.method == "PUT" }.count == 1)
        time.advance(by: .seconds(21_600 - 60))
        _ = try chain.ask().get()
        #expect(service.server.requests.filter { $0.method == "PUT" }.count == 2)
    }

    @Test("a token that the service has forgotten is replaced once")
    func forgottenToken() throws {
        let service = MetadataServer()
        defer { service.server.stop() }
        let chain = chain(service.server.url)
        _ = try chain.ask().get()
        service.change { $0.tokens = [] }
        #expect(try chain.ask().get().accessKeyID == "ASIAEXAMPLE")
        #expect(service.server.requests.filter { $0.method == "PUT" }.count == 2)
    }

    @Test("a service that refuses the tokens it gives is not asked for ever")
    func refusedTokens() throws {
        let server = ScriptedServer { request in
            request.method == "PUT" ? .response(200, body: Array("t".utf8)) : .response(401)
        }
        defer { server.stop() }
        let error = try #require(chain(server.url).error())
        #expect(error.kind == .refused && error.detail.contains("refuses the token it gave"))
        #expect(server.requests.count == 4)
    }

    @Test("no role, no IMDSv2, and a service that is turned off are told apart, and version 1 is never asked")
    func absences() throws {
        let service = MetadataServer()
        defer { service.server.stop() }
        service.change { $0.role = nil }
        #expect(chain(service.server.url).error()?.detail.contains("no role is attached to this instance") == true)
        service.change { $0.isOn = false }
        let off = try #require(chain(service.server.url).error())
        #expect(off.kind == .notFound && off.detail.contains("turned off for this instance"))
        let old = ScriptedServer { request in
            request.method == "PUT" ? .response(404) : .response(200, body: Array("version-1-role".utf8))
        }
        defer { old.stop() }
        #expect(chain(old.url).error()?.detail.contains("no IMDSv2 at \(old.url) (status 404)") == true)
        #expect(old.requests.count == 1)
    }

    @Test("a service that fails is a failure, not the end of the search; it is tried as often as settings say")
    func failures() throws {
        let service = MetadataServer()
        defer { service.server.stop() }
        service.change { $0.broken = 500 }
        let chain = chain(service.server.url, ["AWS_METADATA_SERVICE_NUM_ATTEMPTS": "3"])
        let error = try #require(chain.error())
        #expect(error.kind == .unavailable && error.detail.contains("status 500"))
        #expect(service.server.requests.count == 3)
        service.change {
            $0.broken = nil
            $0.document = #"{"Code":"AssumeRoleUnauthorizedAccess","Message":"EC2 cannot assume the role"}"#
        }
        let refused = try #require(chain.error())
        #expect(refused.kind == .refused && refused.detail.contains("AssumeRoleUnauthorizedAccess"))
        for document in [
            "", "{}", "[]", Document.credentials(token: "a\\nHost: b"), Document.credentials(expiration: "soon"),
        ] {
            service.change { $0.document = document }
            #expect(chain.error()?.kind == .unavailable, "\(document)")
        }
    }

    @Test("once it has answered, a role that is gone and silence are failures")
    func lost() throws {
        let service = MetadataServer()
        let chain = chain(service.server.url)
        _ = try chain.ask().get()
        service.change { $0.role = nil }
        #expect(chain.error()?.kind == .refused)
        service.change { $0.isOn = false }
        #expect(chain.error()?.kind == .refused)
        service.server.stop()
    }

    @Test("a named endpoint that is silent is a failure, after a second")
    func silence() throws {
        let silent = ScriptedServer { _ in .silence(.seconds(30)) }
        defer { silent.stop() }
        let started = ContinuousClock.now
        let error = try #require(
            CredentialChain(
                surroundings: .of(["AWS_EC2_METADATA_SERVICE_ENDPOINT": silent.url]), client: Wire.client, time: time
            ).error())
        #expect(error.kind == .unavailable && error.detail.contains("Timeout"))
        #expect(ContinuousClock.now - started < .seconds(10))
    }

    @Test(
        "settings that make no sense are named",
        arguments: [
            ["AWS_EC2_METADATA_SERVICE_ENDPOINT": "169.254.169.254"], ["AWS_METADATA_SERVICE_TIMEOUT": "0"],
            ["AWS_METADATA_SERVICE_NUM_ATTEMPTS": "many"],
        ])
    func settings(_ variables: [String: String]) throws {
        let error = try #require(chain("http://127.0.0.1:1", variables).error())
        #expect(error.kind == .misconfigured && error.detail.contains(variables.keys.first!))
    }

    /// Stands for a machine that is no instance: the real address must not be asked here, it may be there.
    private struct NoInstance: HTTPClient {
        let asked: Answer<HTTPRequest>
        func interrupt() {}
        func send(
            _ request: HTTPRequest, completion: @escaping @Sendable (Result<HTTPResponse, HTTPFailure>) -> Void
        ) {
            asked.give(request)
            completion(.failure(.notSent("Timeout was reached")))
        }
    }

    @Test("silence where nobody named an endpoint means that this is no instance; no proxy is asked")
    func noInstance() throws {
        let client = NoInstance(asked: Answer())
        let error = try #require(CredentialChain(surroundings: .of(), client: client, time: time).error())
        #expect(error.kind == .notFound)
        #expect(error.detail.hasSuffix("instance metadata (no answer from http://169.254.169.254 in 1.0 seconds)"))
        let request = client.asked.wait()
        #expect(request.url == "http://169.254.169.254/latest/api/token" && !request.usesProxy)
        #expect(request.limits.total == .seconds(1) && request.limits.connect == .seconds(1))
    }

    @Test("behind a cache: renewed before their end, kept while the service fails, replaced when a store refuses them")
    func cached() throws {
        let service = MetadataServer()
        defer { service.server.stop() }
        func serve(_ key: String, lasting seconds: Int64) {
            let end = Timestamp(microseconds: time.now().microseconds + seconds * 1_000_000)
            service.change { $0.document = Document.credentials(key: key, expiration: end.description) }
        }
        let refreshes = Countdown(1000)
        let cached = CachedCredentials(
            chain(service.server.url), time: time, jitter: { 1 }, observe: { _ in _ = refreshes.next() })
        func key() throws -> String { try cached.ask().get().accessKeyID }
        serve("ONE", lasting: 21_600)
        #expect(try key() == "ONE")
        serve("TWO", lasting: 43_200)
        time.advance(by: .seconds(21_600 - 16 * 60))
        #expect(try key() == "ONE")
        service.change { $0.broken = 503 }
        time.advance(by: .seconds(120))
        // In the advisory window: the old ones, while a refresh fails beside.
        #expect(try key() == "ONE")
        settle { refreshes.left == 998 }
        time.advance(by: .seconds(13 * 60 + 30))
        // In the mandatory window: waits for the refresh, which fails; still the old ones.
        #expect(try key() == "ONE")
        #expect(refreshes.left == 997)
        service.change { $0.broken = nil }
        time.advance(by: .seconds(10))
        #expect(try key() == "TWO")
        serve("THREE", lasting: 43_200)
        time.advance(by: .seconds(60))
        let two = try cached.ask().get()
        cached.invalidate(two)
        #expect(try key() == "THREE")
        cached.invalidate(two)
        #expect(try key() == "THREE")
        #expect(refreshes.left == 995)
    }

    private func settle(_ condition: () -> Bool) {
        let started = ContinuousClock.now
        while !condition(), ContinuousClock.now - started < .seconds(20) {}
    }
}
