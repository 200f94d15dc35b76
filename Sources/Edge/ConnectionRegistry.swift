import NIOConcurrencyHelpers
import NIOCore

/// The open connections of one server: counted for the limit, found again to be stopped. Any thread.
final class ConnectionRegistry: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        /// Turned away and not yet closed.
        var strangers: [ObjectIdentifier: any Channel] = [:]
        var isStopping = false
    }

    private let limit: Int
    private let state = NIOLockedValueBox(State())

    init(limit: Int) { self.limit = limit }

    var count: Int { state.withLockedValue { $0.channels.count } }

    /// Takes a connection in until it closes; false when there is no place for it, or the server is stopping.
    func enter(_ channel: any Channel) -> Bool {
        let id = ObjectIdentifier(channel)
        let entered = state.withLockedValue { state in
            guard !state.isStopping, state.channels.count < limit else {
                state.strangers[id] = channel
                return false
            }
            state.channels[id] = channel
            return true
        }
        channel.closeFuture.whenComplete { _ in self.leave(id) }
        return entered
    }

    /// Lets nothing more in; returns what is still open, or `nil` when it was called before.
    func stop() -> [any Channel]? {
        state.withLockedValue { state in
            guard !state.isStopping else { return nil }
            state.isStopping = true
            return Array(state.channels.values) + Array(state.strangers.values)
        }
    }

    private func leave(_ id: ObjectIdentifier) {
        state.withLockedValue { state in
            if state.channels.removeValue(forKey: id) == nil { state.strangers.removeValue(forKey: id) }
        }
    }
}
