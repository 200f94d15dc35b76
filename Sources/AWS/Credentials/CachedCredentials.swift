package import Model
import Synchronization

/// Keeps credentials and renews them before they end; see ``CredentialCache`` for when. Callers at once share one
/// refresh. Safe on any thread; never blocks.
package final class CachedCredentials<Source: CredentialSource, Time: TimeSource>: CredentialSource {
    package typealias Completion = @Sendable (Result<Credentials, CredentialError>) -> Void

    private struct State {
        var cache = CredentialCache()
        var waiting: [Completion] = []
    }

    private let source: Source
    private let time: Time
    private let jitter: @Sendable () -> Double
    private let observe: Completion
    private let state = Mutex(State())

    /// `jitter` gives numbers from 0 to 1. `observe` hears what each refresh brought, on the thread that brought it: for
    /// the log, since a refresh that fails while the old credentials last is noticed by nobody else.
    package init(
        _ source: Source, time: Time, jitter: @escaping @Sendable () -> Double = { Double.random(in: 0...1) },
        observe: @escaping Completion = { _ in }
    ) {
        self.source = source
        self.time = time
        self.jitter = jitter
        self.observe = observe
    }

    package func credentials(completion: @escaping Completion) {
        let decision = state.withLock { state in
            let decision = state.cache.request(reading)
            if decision.answer == .wait { state.waiting.append(completion) }
            return decision
        }
        switch decision.answer {
        case .give(let credentials): completion(.success(credentials))
        case .fail(let error): completion(.failure(error))
        case .wait: break
        }
        if decision.startsRefresh { refresh() }
    }

    /// Ignored for credentials that came within the last ten seconds: newer ones are not to be had.
    package func invalidate(_ refused: Credentials) {
        state.withLock { $0.cache.invalidate(refused, reading) }
    }

    private func refresh() {
        source.credentials { [self] result in
            let (outcome, waiting) = state.withLock { state in
                let outcome = state.cache.refreshed(result, reading, jitter: jitter())
                defer { state.waiting = [] }
                return (outcome, state.waiting)
            }
            observe(result)
            for completion in waiting { completion(outcome) }
        }
    }

    private var reading: CredentialCache.Reading {
        CredentialCache.Reading(wall: time.now(), monotonic: time.monotonic())
    }
}
