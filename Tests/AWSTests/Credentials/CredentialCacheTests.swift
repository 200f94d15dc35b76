import Model
import Simulation
import Testing

@testable import AWS

/// The state machine alone, on a simulated clock.
@Suite struct CachingCredentials {
    private let time = SimulatedTime()
    private let broken = CredentialError(.unavailable, "no answer", advice: "wait")

    private var now: CredentialCache.Reading { .init(wall: time.now(), monotonic: time.monotonic()) }

    private func credentials(_ key: String, lasting life: Duration?) -> Credentials {
        let end = life.map { Timestamp(microseconds: time.now().microseconds + $0.components.seconds * 1_000_000) }
        return Credentials(accessKeyID: key, secretAccessKey: Secret("s"), expiration: end, source: "test")
    }

    private func fresh(_ credentials: Credentials) -> CredentialCache {
        var cache = CredentialCache()
        #expect(cache.request(now) == .init(answer: .wait, startsRefresh: true))
        #expect(cache.refreshed(.success(credentials), now, jitter: 0) == .success(credentials))
        return cache
    }

    @Test("the first callers wait for one refresh; then nobody does")
    func first() {
        var cache = CredentialCache()
        let one = credentials("one", lasting: .seconds(3600))
        #expect(cache.request(now) == .init(answer: .wait, startsRefresh: true))
        #expect(cache.request(now) == .init(answer: .wait))
        #expect(cache.refreshed(.success(one), now, jitter: 0) == .success(one))
        #expect(cache.request(now) == .init(answer: .give(one)))
    }

    @Test("in the advisory window one refresh goes on beside; in the mandatory one callers wait for it")
    func windows() {
        let one = credentials("one", lasting: .seconds(3600))
        var cache = fresh(one)
        time.advance(by: .seconds(44 * 60 + 59))
        #expect(cache.request(now) == .init(answer: .give(one)))
        time.advance(by: .seconds(1))
        #expect(cache.request(now) == .init(answer: .give(one), startsRefresh: true))
        #expect(cache.request(now) == .init(answer: .give(one)))
        time.advance(by: .seconds(14 * 60 - 1))
        #expect(cache.request(now) == .init(answer: .give(one)))
        time.advance(by: .seconds(1))
        #expect(cache.request(now) == .init(answer: .wait))
        let two = credentials("two", lasting: .seconds(3600))
        #expect(cache.refreshed(.success(two), now, jitter: 0) == .success(two))
        #expect(cache.request(now) == .init(answer: .give(two)))
    }

    @Test("a failed refresh keeps credentials in use to their last second, and is retried with backoff")
    func failing() {
        let one = credentials("one", lasting: .seconds(3600))
        var cache = fresh(one)
        time.advance(by: .seconds(45 * 60))
        var attempts = 0
        var waits: [Duration] = []
        var last = time.monotonic()
        while time.monotonic() < MonotonicInstant(nanoseconds: 3599 * 1_000_000_000) {
            let decision = cache.request(now)
            if decision.startsRefresh {
                attempts += 1
                waits.append(time.monotonic() - last)
                last = time.monotonic()
                #expect(cache.refreshed(.failure(broken), now, jitter: 1) == .success(one))
            } else {
                #expect(decision == .init(answer: .give(one)))
            }
            time.advance(by: .seconds(1))
        }
        #expect(Array(waits.dropFirst().prefix(7)) == [1, 2, 4, 8, 16, 32, 60].map { .seconds($0) })
        #expect(waits.dropFirst(7).allSatisfy { $0 == .seconds(60) })
        #expect((15...22).contains(attempts))
        time.advance(by: .seconds(61))
        #expect(cache.request(now) == .init(answer: .wait, startsRefresh: true))
        #expect(cache.refreshed(.failure(broken), now, jitter: 0) == .failure(broken))
        // Half the backoff at least passes before the source is asked again; callers hear of it at once.
        #expect(cache.request(now) == .init(answer: .fail(broken)))
        time.advance(by: .seconds(29))
        #expect(cache.request(now) == .init(answer: .fail(broken)))
        time.advance(by: .seconds(1))
        #expect(cache.request(now) == .init(answer: .wait, startsRefresh: true))
        let two = credentials("two", lasting: .seconds(3600))
        #expect(cache.refreshed(.success(two), now, jitter: 0) == .success(two))
        #expect(cache.request(now) == .init(answer: .give(two)))
    }

    @Test("short-lived credentials are not renewed with every call")
    func shortLived() {
        let one = credentials("one", lasting: .seconds(300))
        var cache = fresh(one)
        time.advance(by: .seconds(149))
        #expect(cache.request(now) == .init(answer: .give(one)))
        time.advance(by: .seconds(1))
        #expect(cache.request(now) == .init(answer: .give(one), startsRefresh: true))
        // The service has nothing newer: half of what is left passes before it is asked again.
        _ = cache.refreshed(.success(one), now, jitter: 0)
        time.advance(by: .seconds(74))
        #expect(cache.request(now) == .init(answer: .give(one)))
        time.advance(by: .seconds(1))
        #expect(cache.request(now).startsRefresh)
    }

    @Test("credentials without end are kept until they are refused")
    func withoutEnd() {
        let one = credentials("one", lasting: nil)
        var cache = fresh(one)
        time.advance(by: .seconds(365 * 86_400))
        #expect(cache.request(now) == .init(answer: .give(one)))
        cache.invalidate(one, now)
        #expect(cache.request(now) == .init(answer: .wait, startsRefresh: true))
    }

    @Test("credentials that a store refuses are renewed once, however many requests were refused")
    func refused() {
        let one = credentials("one", lasting: .seconds(3600))
        var cache = fresh(one)
        time.advance(by: .seconds(600))
        cache.invalidate(one, now)
        cache.invalidate(one, now)
        #expect(cache.request(now) == .init(answer: .wait, startsRefresh: true))
        cache.invalidate(one, now)
        #expect(cache.request(now) == .init(answer: .wait))
        let two = credentials("two", lasting: .seconds(3600))
        _ = cache.refreshed(.success(two), now, jitter: 0)
        // A late answer to a request that was signed with the old ones changes nothing.
        time.advance(by: .seconds(600))
        cache.invalidate(one, now)
        #expect(cache.request(now) == .init(answer: .give(two)))
    }

    @Test("a source that gives the same refused credentials again is not asked more than every ten seconds")
    func refusedAgain() {
        let one = credentials("one", lasting: nil)
        var cache = fresh(one)
        var refreshes = 0
        for _ in 0..<60 {
            cache.invalidate(one, now)
            if cache.request(now).startsRefresh {
                refreshes += 1
                _ = cache.refreshed(.success(one), now, jitter: 0)
            }
            time.advance(by: .seconds(1))
        }
        #expect(refreshes == 5)
    }

    @Test("a wall clock that is set back does not make credentials live longer; set forward, they are renewed early")
    func jumps() {
        let one = credentials("one", lasting: .seconds(3600))
        var cache = fresh(one)
        time.jumpWall(by: .seconds(-86_400))
        time.advance(by: .seconds(3600))
        #expect(cache.request(now) == .init(answer: .wait, startsRefresh: true))
        let two = credentials("two", lasting: .seconds(3600))
        _ = cache.refreshed(.success(two), now, jitter: 0)
        time.jumpWall(by: .seconds(86_400))
        #expect(cache.request(now) == .init(answer: .wait, startsRefresh: true))
    }

    @Test("credentials that come already ended are tried for five minutes, and renewed meanwhile")
    func ended() {
        let one = credentials("one", lasting: .seconds(-60))
        var cache = fresh(one)
        #expect(cache.request(now) == .init(answer: .give(one)))
        time.advance(by: .seconds(150))
        #expect(cache.request(now) == .init(answer: .give(one), startsRefresh: true))
        _ = cache.refreshed(.failure(broken), now, jitter: 0)
        time.advance(by: .seconds(150))
        #expect(cache.request(now) == .init(answer: .wait, startsRefresh: true))
    }
}
