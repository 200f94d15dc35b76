import Access
import Foundation
import Gateway
import Logging
import Model
import Synchronization
import Telemetry
import Testing

@testable import Edge

@Suite("Producers' keys at the door") struct AccessTests {
    /// Knows the keys that it is told of.
    private final class Keys: Doorkeeper {
        private struct State {
            var passes: [String: Admittance] = [:]
            var edition: UInt64 = 0
            var asked = 0
        }
        private let state = Mutex(State())

        var edition: UInt64 { state.withLock { $0.edition } }
        var asked: Int { state.withLock { $0.asked } }

        func admit(authorization: String?, now: Timestamp) -> Admittance? {
            state.withLock { state in
                state.asked += 1
                guard let found = authorization.flatMap({ state.passes[$0] }),
                    found.expiresAt.map({ now < $0 }) ?? true
                else { return nil }
                return found
            }
        }

        func set(_ key: String, _ pass: ProducerPass?, expiresAt: Timestamp? = nil) {
            state.withLock { state in
                state.edition += 1
                state.passes["Bearer \(key)"] = pass.map { Admittance(pass: $0, expiresAt: expiresAt) }
            }
        }
    }

    private func pass(_ streams: [String] = ["*"], _ quota: Quota = .unlimited) -> ProducerPass {
        ProducerPass(
            name: PrincipalName("team-a")!, streams: StreamGrant(streams)!,
            meter: quota.isUnlimited
                ? nil : QuotaMeter(quota, window: .seconds(1), now: SystemTime().monotonic()))
    }

    private func bearer(_ key: String) -> String { "Authorization: Bearer \(key)\r\n" }

    @Test("no key, an unknown one and one that is no key get the same answer, before the stream's name is looked at")
    func unauthorized() async throws {
        let keys = Keys()
        try await withServer(doorkeeper: keys) { server, intake in
            var answers: Set<String> = []
            for (stream, extra) in [
                ("a", ""), ("a", bearer("wrong")), ("a", "Authorization: Basic eDp5\r\n"), ("missing", ""),
                ("_ledger", bearer("x")), ("UPPER", ""),
            ] {
                let client = WireClient(port: server.port)
                client.send(post(path: "/v1/streams/\(stream)/events", extra: extra))
                let answer = try #require(client.answer())
                #expect(answer.status == 401 && answer.header("WWW-Authenticate") == "Bearer realm=\"sluice\"")
                answers.insert(answer.body)
            }
            #expect(answers.count == 1)
            #expect(intake.requests.isEmpty && intake.admissions.isEmpty, "nothing was read for strangers")
            let twice = WireClient(port: server.port)
            twice.send(post(extra: bearer("a") + bearer("b")))
            #expect(twice.answer()?.status == 400)
            let health = WireClient(port: server.port)
            health.send("GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(health.answer()?.status == 200, "health needs no key")
        }
    }

    @Test("the producer's name goes with the batch; the key is asked for once per connection, until something changes")
    func identified() async throws {
        let keys = Keys()
        keys.set("k", pass())
        try await withServer(doorkeeper: keys) { server, intake in
            let client = WireClient(port: server.port)
            for _ in 0..<5 {
                client.send(post(extra: bearer("k")))
                #expect(client.answer()?.status == 202)
            }
            #expect(intake.requests.map(\.producer) == Array(repeating: "team-a", count: 5))
            #expect(keys.asked == 1)
            keys.set("other", pass())
            client.send(post(extra: bearer("k")))
            #expect(client.answer()?.status == 202 && keys.asked == 2)
            keys.set("k", nil)
            client.send(post(extra: bearer("k")))
            #expect(client.answer()?.status == 401, "revoked: from the next request on")
        }
    }

    @Test("a kept answer ends when the key expires")
    func expiry() async throws {
        let keys = Keys()
        try await withServer(doorkeeper: keys) { server, _ in
            for _ in 0..<10 {
                let end = Timestamp(microseconds: SystemTime().now().microseconds + 1_000_000)
                keys.set("k", pass(), expiresAt: end)
                let client = WireClient(port: server.port)
                client.send(post(extra: bearer("k")))
                // On a machine so busy that the key did not live until the answer: once more.
                guard client.answer()?.status == 202 else { continue }
                while SystemTime().now() <= end { try await Task.sleep(for: .milliseconds(50)) }
                client.send(post(extra: bearer("k")))
                #expect(client.answer()?.status == 401)
                return
            }
            Issue.record("ten keys of a second each were over before the server answered")
        }
    }

    @Test("a stream that the key does not cover is 403, one that is not there 404")
    func streams() async throws {
        let keys = Keys()
        keys.set("k", pass(["a"]))
        try await withServer(doorkeeper: keys) { server, _ in
            let client = WireClient(port: server.port)
            for (stream, status) in [("a", 202), ("b", 403), ("missing", 404)] {
                client.send(post(path: "/v1/streams/\(stream)/events", extra: bearer("k")))
                #expect(client.answer()?.status == status)
            }
        }
    }

    @Test("events are charged as they were counted, bytes as they came, and 429 says when to come back")
    func quotas() async throws {
        let keys = Keys()
        keys.set("events", pass(["*"], Quota(eventsPerSecond: 1)))
        keys.set("bytes", pass(["*"], Quota(bytesPerSecond: 10)))
        try await withServer(doorkeeper: keys) { server, intake in
            let client = WireClient(port: server.port)
            client.send(post(extra: bearer("events")))
            let first = try #require(client.answer())
            #expect(first.status == 202 && first.header("RateLimit")?.hasPrefix("\"events\";r=0;") == true)
            client.send(post(extra: bearer("events")))
            let second = try #require(client.answer())
            #expect(second.status == 429 && second.header("Retry-After") == "1" && !second.isClosing)
            #expect(second.header("RateLimit-Policy") == "\"events\";q=1;qu=\"events\";w=1")
            for (index, request) in [
                post("{\"a\":\"0123456789\"}", extra: bearer("bytes")), post(extra: bearer("bytes")),
            ].enumerated() {
                client.send(request)
                #expect(client.answer()?.status == (index == 0 ? 202 : 429))
            }
            #expect(await eventually { intake.ticketsOut == 0 })
        }
    }

    @Test("what is taken and refused is counted by stream and reason; a stranger's stream is no label")
    func counted() async throws {
        let keys = Keys()
        keys.set("k", pass())
        let telemetry = Telemetry()
        let addresses = Mutex<[String]>([])
        try await withServer(
            doorkeeper: keys, telemetry: telemetry,
            onFailedLogin: { address in addresses.withLock { $0.append(address) } }
        ) { server, _ in
            let client = WireClient(port: server.port)
            for request in [
                post(extra: bearer("k")), post(path: "/v1/streams/missing/events", extra: bearer("k")),
                post(extra: bearer("k") + "Content-Encoding: br\r\n"), post(extra: bearer("wrong")),
            ] {
                client.send(request)
                _ = client.answer()
            }
            let text = telemetry.exposition()
            for line in [
                "sluice_batches_accepted_total{stream=\"audit_logs\"} 1",
                "sluice_events_accepted_total{stream=\"audit_logs\"} 1",
                "sluice_batches_refused_total{stream=\"\",reason=\"unknown-stream\"} 1",
                "sluice_batches_refused_total{stream=\"audit_logs\",reason=\"unsupported-encoding\"} 1",
                "sluice_batches_refused_total{stream=\"\",reason=\"unauthorized\"} 1",
                "sluice_failed_logins_total{plane=\"data\"} 1", "sluice_connections 1",
                "sluice_request_duration_seconds_count{stream=\"audit_logs\"} 1",
            ] { #expect(text.contains(line + "\n"), "\(line)") }
            #expect(!text.contains("\"missing\""))
            #expect(addresses.withLock { $0 } == ["127.0.0.1"])
        }
    }
}
