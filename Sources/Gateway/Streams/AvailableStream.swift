package import Files
package import Model

/// A stream that is acknowledged once journaled: its writer, what it remembers of its batches, and where they landed.
package final class AvailableStream<FS: FileSystem, Time: TimeSource>: Sendable {
    package let configuration: StreamConfiguration
    package let writer: StreamWriter<FS, Time>
    package let dedup: Monitor<DedupIndex>
    package let landing: StreamLanding<FS, Time>

    package init(
        configuration: StreamConfiguration, writer: StreamWriter<FS, Time>, dedup: sending DedupIndex,
        landing: StreamLanding<FS, Time>
    ) {
        self.configuration = configuration
        self.writer = writer
        self.dedup = Monitor(dedup)
        self.landing = landing
    }

    func abandon() {
        writer.abandon()
        landing.abandon()
        _ = dedup.withLock { $0.abandon() }
    }
}
