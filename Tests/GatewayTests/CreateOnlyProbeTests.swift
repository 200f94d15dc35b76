import AWS
import Curl
import Files
import Foundation
import Landing
import Logging
import Model
import ScriptedServer
import Synchronization
import Testing

@testable import Gateway

@Suite struct CreateOnlyProbeTests {
    /// A bucket that keeps to the condition, or does not, and may be out of order for the first requests.
    private final class Bucket: Sendable {
        let server: ScriptedServer
        private let http = CurlClient()
        let store: S3Store<LinuxFileSystem, CurlClient, SystemTime>

        init(honours: Bool, objects: [String: [UInt8]] = [:], failing: Int = 0) {
            let state = Mutex((objects: objects, failing: failing))
            server = ScriptedServer { request in
                state.withLock { state in
                    if state.failing > 0 {
                        state.failing -= 1
                        return .response(503)
                    }
                    let there = state.objects[request.target]
                    if request.method == "HEAD" {
                        guard let there else { return .response(404) }
                        let hash = Data(SHA256.hash(there)).base64EncodedString()
                        return .response(
                            200, headers: [("x-amz-checksum-sha256", hash), ("ETag", "\"e\"")], body: there)
                    }
                    if honours, there != nil, request.header("If-None-Match") == "*" { return .response(412) }
                    state.objects[request.target] = request.body
                    return .response(200)
                }
            }
            let location = S3Location(bucket: "b", region: "us-east-1", endpoint: server.url, pathStyle: true)
            store = S3Store(
                S3Client(location, http: http, credentials: StaticCredentials(), time: SystemTime()),
                files: LinuxFileSystem())
        }

        deinit {
            server.stop()
            http.stop()
        }
    }

    private struct StaticCredentials: CredentialSource {
        func credentials(completion: @escaping @Sendable (Result<Credentials, CredentialError>) -> Void) {
            completion(.success(Credentials(accessKeyID: "a", secretAccessKey: Secret("s"), source: "test")))
        }
        func invalidate(_ refused: Credentials) {}
    }

    private func verdict(_ bucket: Bucket) async throws
        -> CreateOnlyProbe<
            S3Store<LinuxFileSystem, CurlClient, SystemTime>, SystemTime
        >.Verdict
    {
        let timers = TimerQueue(time: SystemTime())
        defer { timers.stop() }
        let probe = CreateOnlyProbe(
            .main, store: bucket.store, timers: timers, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        #expect(probe.verdict == .unproved)
        probe.start()
        for _ in 0..<2000 where probe.verdict == .unproved { try await Task.sleep(for: .milliseconds(5)) }
        return probe.verdict
    }

    @Test("a store that keeps to the condition is proved, also on a second start")
    func honoured() async throws {
        let bucket = Bucket(honours: true)
        #expect(try await verdict(bucket) == .proved)
        #expect(try await verdict(bucket) == .proved)
        #expect(bucket.server.requests.filter { $0.method == "PUT" }.count == 4)
    }

    @Test("a name that holds anything else proves it with one request")
    func takenByOther() async throws {
        #expect(try await verdict(Bucket(honours: true, objects: ["/b/_probe/create-only": [1]])) == .proved)
    }

    @Test("a store that overwrites is broken, on every start")
    func ignored() async throws {
        let bucket = Bucket(honours: false)
        #expect(try await verdict(bucket) == .broken)
        #expect(try await verdict(bucket) == .broken)
    }

    @Test("a store that is out of order at first is asked again")
    func later() async throws {
        #expect(try await verdict(Bucket(honours: true, failing: 2)) == .proved)
    }
}
