import Dispatch
import Glibc

/// SIGTERM and SIGINT, caught from the moment this is made.
final class StopSignals {
    private let stream: AsyncStream<Void>
    private let sources: [any DispatchSourceSignal]

    init() {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        self.stream = stream
        sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield() }
            source.resume()
            return source
        }
        // A peer that goes away while it is written to is an error of that write, not of the process.
        signal(SIGPIPE, SIG_IGN)
    }

    /// Returns once the first of them has come.
    func first() async {
        var iterator = stream.makeAsyncIterator()
        await iterator.next()
    }
}
