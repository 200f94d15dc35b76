import Model

/// When to use what credentials, and when to get new ones. Pure: ``CachedCredentials`` carries it out.
///
/// - More than the advisory window before their end, credentials are used as they are.
/// - Within it (15 minutes, or half their life where that is shorter), they are used, and one refresh goes on beside.
/// - Within the mandatory window (1 minute, or a sixth of their life), callers wait for that refresh; when it fails and
///   they have not ended, they are used all the same.
/// - After their end, callers wait; a failure goes to all of them.
/// - After a failure, the next refresh waits for a backoff from 1 s to 1 min; until then, callers get what is there.
///
/// An end is told by the wall clock or by the monotonic one, whichever comes first: a wall clock set back does not make
/// them live longer. Credentials that come with an end in the past (a metadata service that can't renew them, or a clock
/// that is wrong) are used for five minutes; the store will say if they are no good.
struct CredentialCache {
    struct Reading {
        var wall: Timestamp
        var monotonic: MonotonicInstant
    }

    enum Answer: Equatable {
        case give(Credentials)
        case fail(CredentialError)
        /// Until the refresh that is under way ends.
        case wait
    }

    struct Decision: Equatable {
        var answer: Answer
        var startsRefresh = false
    }

    private struct Held {
        var credentials: Credentials
        var received: MonotonicInstant
        /// Nil for credentials without end.
        var life: Duration?
        /// Nil where the credentials' own end is not to be believed.
        var end: Timestamp?

        func remaining(_ now: Reading) -> Duration? {
            guard let life else { return nil }
            let byMonotonic = life - (now.monotonic - received)
            guard let end else { return byMonotonic }
            return min(byMonotonic, .microseconds(end.microseconds - now.wall.microseconds))
        }
    }

    static let advisoryWindow = Duration.seconds(15 * 60)
    static let mandatoryWindow = Duration.seconds(60)
    /// For credentials that come already ended.
    static let lifeWhenEnded = Duration.seconds(5 * 60)
    static let backoffMin = Duration.seconds(1)
    static let backoffMax = Duration.seconds(60)
    /// Credentials younger than this are not refreshed because a store refused them: newer ones are not to be had.
    static let ageMinToInvalidate = Duration.seconds(10)

    private var held: Held?
    private var isRefreshing = false
    private var failures = 0
    private var lastError: CredentialError?
    private var notBefore: MonotonicInstant?

    mutating func request(_ now: Reading) -> Decision {
        let mayRefresh = !isRefreshing && notBefore.map { now.monotonic >= $0 } ?? true
        guard let held, held.remaining(now).map({ $0 > .zero }) ?? true else {
            if !isRefreshing, !mayRefresh, let lastError { return Decision(answer: .fail(lastError)) }
            defer { isRefreshing = true }
            return Decision(answer: .wait, startsRefresh: !isRefreshing)
        }
        let give = Answer.give(held.credentials)
        guard let remaining = held.remaining(now), let life = held.life,
            remaining <= min(CredentialCache.advisoryWindow, life / 2)
        else { return Decision(answer: give) }
        let isMandatory = remaining <= min(CredentialCache.mandatoryWindow, life / 6)
        guard isRefreshing || mayRefresh else { return Decision(answer: give) }
        defer { isRefreshing = true }
        return Decision(answer: isMandatory ? .wait : give, startsRefresh: !isRefreshing)
    }

    /// Takes what the refresh brought, and says what those who waited for it get. `jitter` is from 0 to 1.
    mutating func refreshed(
        _ result: Result<Credentials, CredentialError>, _ now: Reading, jitter: Double
    ) -> Result<Credentials, CredentialError> {
        precondition(isRefreshing, "a refresh ended that nobody began")
        isRefreshing = false
        switch result {
        case .success(let credentials):
            failures = 0
            lastError = nil
            notBefore = nil
            held = CredentialCache.hold(credentials, now)
            return result
        case .failure(let error):
            failures += 1
            lastError = error
            let ceiling = min(CredentialCache.backoffMax, CredentialCache.backoffMin * (1 << min(failures - 1, 6)))
            notBefore = now.monotonic + ceiling * (0.5 + jitter / 2)
            if let held, held.remaining(now).map({ $0 > .zero }) ?? true { return .success(held.credentials) }
            return result
        }
    }

    /// A store refused these credentials (`ExpiredToken`, `InvalidAccessKeyId`): drops them, if they are still the ones
    /// in use, so that the next request gets new ones. Many requests that fail at once so make one refresh.
    mutating func invalidate(_ credentials: Credentials, _ now: Reading) {
        guard let held, held.credentials == credentials,
            now.monotonic - held.received >= CredentialCache.ageMinToInvalidate
        else { return }
        self.held = nil
    }

    private static func hold(_ credentials: Credentials, _ now: Reading) -> Held {
        guard let end = credentials.expiration else {
            return Held(credentials: credentials, received: now.monotonic)
        }
        let life = Duration.microseconds(end.microseconds - now.wall.microseconds)
        return life > .zero
            ? Held(credentials: credentials, received: now.monotonic, life: life, end: end)
            : Held(credentials: credentials, received: now.monotonic, life: CredentialCache.lifeWhenEnded)
    }
}
