import LoadGenerator
import Testing

@Suite struct LatencyHistogramTests {
    @Test("percentiles are within 1 % of the exact ones, from nanoseconds to minutes")
    func percentiles() {
        for scale: Int64 in [1, 1_000, 1_000_000, 60_000_000] {
            var histogram = LatencyHistogram()
            for value: Int64 in 1...10_000 { histogram.record(value * scale) }
            for (percent, exact) in [(50.0, 5_000), (90, 9_000), (99, 9_900), (99.9, 9_990)] as [(Double, Int64)] {
                let found = Double(histogram.percentile(percent))
                let wanted = Double(exact * scale)
                #expect(abs(found - wanted) <= wanted * 0.01, "p\(percent) at scale \(scale): \(found)")
            }
            #expect(histogram.max == UInt64(10_000 * scale))
            #expect(histogram.percentile(100) <= histogram.max)
        }
    }

    @Test("every latency up to 2^63 has a bucket, and small ones are exact")
    func extremes() {
        for value: Int64 in [0, 1, 127, 128, 255] {
            var histogram = LatencyHistogram()
            histogram.record(value)
            #expect(histogram.percentile(50) == UInt64(value))
        }
        for shift in 8..<63 {
            for value in [Int64(1) << Int64(shift), (Int64(1) << Int64(shift)) - 1] {
                var histogram = LatencyHistogram()
                histogram.record(value)
                histogram.record(Int64.max)
                #expect(abs(Double(histogram.percentile(50)) - Double(value)) <= Double(value) * 0.01)
            }
        }
    }

    @Test("none recorded is 0, and below 0 counts as 0")
    func empty() {
        var histogram = LatencyHistogram()
        #expect(histogram.percentile(99) == 0)
        histogram.record(-5)
        #expect(histogram.count == 1)
        #expect(histogram.percentile(99) == 0)
    }

    @Test("two merged are as one")
    func merge() {
        var one = LatencyHistogram()
        var other = LatencyHistogram()
        var all = LatencyHistogram()
        for value: Int64 in 1...1_000 {
            if value % 3 == 0 { one.record(value * value) } else { other.record(value * value) }
            all.record(value * value)
        }
        one.merge(other)
        #expect(one.count == all.count)
        #expect(one.max == all.max)
        for percent in stride(from: 1.0, through: 100, by: 1) {
            #expect(one.percentile(percent) == all.percentile(percent))
        }
    }
}
