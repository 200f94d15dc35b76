internal import CCurl
import Synchronization

/// Hands requests from any thread to the client's.
final class CurlInbox: Sendable {
    typealias Completion = @Sendable (Result<HTTPResponse, HTTPFailure>) -> Void

    struct Item: Sendable {
        var request: HTTPRequest
        var completion: Completion
    }
    private struct State {
        var items: [Item] = []
        var stopping = false
        var interrupted = false
        /// Set while the client's thread lives; curl_multi_wakeup is the one call allowed from other threads.
        nonisolated(unsafe) var multi: UnsafeMutableRawPointer?
    }

    private let state = Mutex(State())

    /// Whether the request was taken.
    func add(_ request: HTTPRequest, _ completion: @escaping Completion) -> Bool {
        state.withLock { state in
            guard !state.stopping else { return false }
            state.items.append(Item(request: request, completion: completion))
            if let multi = state.multi { curl_multi_wakeup(multi) }
            return true
        }
    }

    func stop() {
        state.withLock { state in
            state.stopping = true
            if let multi = state.multi { curl_multi_wakeup(multi) }
        }
    }

    func interrupt() {
        state.withLock { state in
            state.interrupted = true
            if let multi = state.multi { curl_multi_wakeup(multi) }
        }
    }

    /// All that has come in, whether what came before is to be cut off, and whether the client is to stop.
    func take() -> (items: [Item], interrupted: Bool, stopping: Bool) {
        state.withLock { state in
            defer {
                state.items.removeAll()
                state.interrupted = false
            }
            return (state.items, state.interrupted, state.stopping)
        }
    }

    func bind(_ multi: UnsafeMutableRawPointer?) {
        state.withLock { state in
            // SAFETY: set to nil, under this lock, before the handle is freed.
            nonisolated(unsafe) let handle = multi
            state.multi = handle
        }
    }
}
