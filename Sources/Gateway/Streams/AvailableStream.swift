package import Files
package import Model

/// A stream that is acknowledged once journaled: its writer and what it remembers of its batches.
package final class AvailableStream<FS: FileSystem, Time: TimeSource>: Sendable {
    package let configuration: StreamConfiguration
    package let writer: StreamWriter<FS, Time>
    package let dedup: Monitor<DedupIndex>

    package init(configuration: StreamConfiguration, writer: StreamWriter<FS, Time>, dedup: sending DedupIndex) {
        self.configuration = configuration
        self.writer = writer
        self.dedup = Monitor(dedup)
    }
}
