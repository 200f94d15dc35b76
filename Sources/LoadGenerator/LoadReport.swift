/// What a run did. Events per second and megabytes per second count acknowledged events only.
package struct LoadReport: Encodable, Sendable {
    /// Milliseconds from the first sending of a batch to its acknowledgement, waits between tries included. In a paced run
    /// they count from when the batch was due, so that a slow gateway can't hide behind requests that were never sent.
    package struct Latency: Encodable, Sendable {
        package let p50: Double
        package let p90: Double
        package let p99: Double
        package let p99_9: Double
        package let max: Double

        init(_ histogram: LatencyHistogram) {
            func milliseconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds / 1_000) / 1_000 }
            p50 = milliseconds(histogram.percentile(50))
            p90 = milliseconds(histogram.percentile(90))
            p99 = milliseconds(histogram.percentile(99))
            p99_9 = milliseconds(histogram.percentile(99.9))
            max = milliseconds(histogram.max)
        }
    }

    /// Events in batches that were begun.
    package let events: Int
    /// Events in batches that were answered 200, 201 or 202.
    package let acknowledged: Int
    /// From the first request to the last answer.
    package let seconds: Double
    package let events_per_second: Double
    /// Bytes of bodies before gzip, in millions.
    package let megabytes_per_second: Double
    /// Answers by status, those that were tried again included.
    package let statuses: [String: Int]
    /// Requests sent again with the same key.
    package let retries: Int
    /// Lost connections, and answers 408 and 5xx other than 503.
    package let errors: Int
    package let latency_ms: Latency

    init(_ tally: Tally, seconds: Double) {
        events = tally.events
        acknowledged = tally.acknowledged
        self.seconds = seconds
        events_per_second = (Double(tally.acknowledged) / seconds).rounded()
        megabytes_per_second = (Double(tally.bytes) / seconds / 1e5).rounded() / 10
        statuses = Dictionary(uniqueKeysWithValues: tally.statuses.map { (String($0.key), $0.value) })
        retries = tally.retries
        errors = tally.errors
        latency_ms = Latency(tally.latency)
    }
}
