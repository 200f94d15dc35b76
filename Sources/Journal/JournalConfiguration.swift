/// How a stream's journal rolls and remembers.
package struct JournalConfiguration: Sendable {
    /// A segment is sealed once it holds this many bytes. Default 64 MiB.
    package var segmentMaxBytes: Int64 = 64 << 20
    /// ... or once its first block is this old. Default 10 s.
    package var segmentMaxAge: Duration = .seconds(10)
    /// Space is reserved ahead of writing in steps of this size. Default 4 MiB.
    package var reserveStepBytes: Int64 = 4 << 20
    /// How long the keys of landed batches are kept. Default 24 h.
    package var idempotencyWindow: Duration = .seconds(86_400)
    /// Batches in one key log file. Default 100,000.
    package var keyLogBatches = 100_000

    package init() {}
}
