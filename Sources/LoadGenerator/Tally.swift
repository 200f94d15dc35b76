/// What one connection counted, and the sum over all.
struct Tally: Sendable {
    var events = 0
    var acknowledged = 0
    /// Bytes of acknowledged bodies before gzip.
    var bytes = 0
    var statuses: [Int: Int] = [:]
    var retries = 0
    var errors = 0
    var latency = LatencyHistogram()

    mutating func merge(_ other: Tally) {
        events += other.events
        acknowledged += other.acknowledged
        bytes += other.bytes
        statuses.merge(other.statuses, uniquingKeysWith: +)
        retries += other.retries
        errors += other.errors
        latency.merge(other.latency)
    }
}
