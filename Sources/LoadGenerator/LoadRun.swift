import Glibc
import Model
import Synchronization

/// One load, from building the bodies to the report.
package enum LoadRun {
    /// How far a run is.
    package struct Progress: Sendable {
        /// Since the first request.
        package let elapsed: Duration
        /// Events acknowledged so far.
        package let acknowledged: Int
        /// Requests sent again so far.
        package let retries: Int
    }

    /// Blocks until the limit is reached and every answer is there.
    ///
    /// - Parameter progress: called on the calling thread about once a second.
    /// - Throws: the first error that no retry could mend.
    package static func run(
        _ configuration: LoadConfiguration, progress: (Progress) -> Void = { _ in }
    ) throws(LoadError) -> LoadReport {
        let time = SystemTime()
        let bodies = try RequestBodies(configuration, now: time.now())
        let state = RunState(configuration)
        let run = String(UInt64.random(in: 0...UInt64.max), radix: 16)
        let start = time.monotonic()
        for index in 0..<configuration.connections {
            try startThread {
                Sender(configuration, bodies, state, index: index, run: run, start: start).run()
            }
        }
        var told = start
        while state.live.load(ordering: .acquiring) > 0 {
            usleep(10_000)
            let now = time.monotonic()
            if now - told >= .seconds(1) {
                told = now
                progress(
                    Progress(
                        elapsed: now - start, acknowledged: state.acknowledged.load(ordering: .relaxed),
                        retries: state.retries.load(ordering: .relaxed)))
            }
        }
        if let error = state.error { throw error }
        let end = state.lastAnswer ?? time.monotonic()
        return LoadReport(state.tally, seconds: Double(end.nanoseconds - start.nanoseconds) / 1e9)
    }

    private static func startThread(_ work: @escaping @Sendable () -> Void) throws(LoadError) {
        final class Box: Sendable {
            let work: @Sendable () -> Void
            init(_ work: @escaping @Sendable () -> Void) { self.work = work }
        }
        let box = Unmanaged.passRetained(Box(work))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                // SAFETY: the box was retained for this thread alone, which takes it over.
                Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue().work()
                return nil
            }, box.toOpaque())
        guard code == 0 else {
            box.release()
            throw .resources("no thread: \(String(cString: strerror(code)))")
        }
        pthread_detach(thread)
    }
}
