/// Latencies in logarithmic buckets: 128 for each power of two, so that a percentile is wrong by less than 0.8 %.
///
/// One thread fills it; ``merge(_:)`` puts several together.
package struct LatencyHistogram: Sendable {
    private static let buckets = 58 * 128

    private var counts = [UInt64](repeating: 0, count: LatencyHistogram.buckets)
    /// How many latencies were recorded.
    package private(set) var count: UInt64 = 0
    /// The largest of them, exactly, in nanoseconds; 0 when there is none.
    package private(set) var max: UInt64 = 0

    package init() {}

    /// Counts one latency in nanoseconds; below 0 counts as 0.
    package mutating func record(_ nanoseconds: Int64) {
        let value = UInt64(Swift.max(0, nanoseconds))
        counts[LatencyHistogram.bucket(value)] += 1
        count += 1
        max = Swift.max(max, value)
    }

    package mutating func merge(_ other: LatencyHistogram) {
        for index in counts.indices { counts[index] += other.counts[index] }
        count += other.count
        max = Swift.max(max, other.max)
    }

    /// The latency in nanoseconds that `percent` (0 to 100) of all did not exceed; 0 when there is none.
    package func percentile(_ percent: Double) -> UInt64 {
        guard count > 0 else { return 0 }
        let rank = Swift.max(1, UInt64((Double(count) * percent / 100).rounded(.up)))
        var seen: UInt64 = 0
        for (index, number) in counts.enumerated() {
            seen += number
            if seen >= rank { return Swift.min(max, LatencyHistogram.middle(index)) }
        }
        return max
    }

    private static func bucket(_ value: UInt64) -> Int {
        let shift = Swift.max(0, 56 - value.leadingZeroBitCount)
        // The top eight bits of a value of 256 or more start with a 1: they are 128 + the place within the power of two.
        return shift * 128 + Int(value >> UInt64(shift))
    }

    private static func middle(_ bucket: Int) -> UInt64 {
        guard bucket >= 256 else { return UInt64(bucket) }
        let shift = bucket / 128 - 1
        let low = UInt64(bucket - shift * 128) << UInt64(shift)
        return low + (1 << UInt64(shift)) / 2
    }
}
