import NIOConcurrencyHelpers
import NIOCore

/// The open connections of one server: counted for the limit, found again to be stopped. Any thread.
final class ConnectionRegistry: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isStopping = false
    }

    private let limit: Int
    private let state = NIOLockedValueBox(State())

    init(limit: Int) { self.limit = limit }

    var count: Int { state.withLockedValue { $0.channels.count } }

    /// Counts a connection until it closes; false when there is no place for it, or the server is stopping.
    func enter(_ channel: any Channel) -> Bool {
        let id = ObjectIdentifier(channel)
        let entered = state.withLockedValue { state in
            guard !state.isStopping, state.channels.count < limit else { return false }
            state.channels[id] = channel
            return true
        }
        if entered { channel.closeFuture.whenComplete { _ in self.leave(id) } }
        return entered
    }

    /// Lets nothing more in; returns what is still open, or `nil` when it was called before.
    func stop() -> [any Channel]? {
        state.withLockedValue { state in
            guard !state.isStopping else { return nil }
            state.isStopping = true
            return Array(state.channels.values)
        }
    }

    private func leave(_ id: ObjectIdentifier) {
        state.withLockedValue { _ = $0.channels.removeValue(forKey: id) }
    }
}
