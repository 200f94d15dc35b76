import Dispatch
import Glibc

/// SIGHUP, caught from the moment this is made.
final class ReloadSignals: Sendable {
    let stream: AsyncStream<Void>
    private nonisolated(unsafe) let source: any DispatchSourceSignal  // SAFETY: set up here, only kept afterwards.

    init() {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        self.stream = stream
        signal(SIGHUP, SIG_IGN)
        source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .global())
        source.setEventHandler { continuation.yield() }
        source.resume()
    }
}
