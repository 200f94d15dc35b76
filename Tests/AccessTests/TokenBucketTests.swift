import Access
import Model
import Simulation
import Testing

@Suite("Token buckets") struct TokenBucketTests {
    private func at(_ seconds: Double) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: Int64(seconds * 1e9))
    }

    @Test("what a window gains may be used at once, and not a token more without waiting")
    func burst() {
        var bucket = TokenBucket(rate: 10, window: .seconds(2), now: at(0))
        #expect(bucket.wait(now: at(0)) == nil && bucket.left(now: at(0)) == 20)
        bucket.spend(20, now: at(0))
        #expect(bucket.left(now: at(0)) == 0)
        let wait = bucket.wait(now: at(0))
        #expect(wait == .milliseconds(100), "\(String(describing: wait))")
        #expect(bucket.wait(now: at(0.11)) == nil)
        #expect(bucket.untilFull(now: at(1)) == .seconds(1))
        #expect(bucket.left(now: at(100)) == 20, "never more than a window")
    }

    @Test("a batch larger than the allowance is taken, and paid for before the next")
    func debt() {
        var bucket = TokenBucket(rate: 10, window: .seconds(1), now: at(0))
        #expect(bucket.wait(now: at(0)) == nil)
        bucket.spend(1000, now: at(0))
        #expect(bucket.wait(now: at(98)) != nil)
        #expect(bucket.wait(now: at(99.2)) == nil)
    }

    @Test("a clock that stands still or goes back gains nothing")
    func clock() {
        var bucket = TokenBucket(rate: 10, window: .seconds(1), now: at(5))
        bucket.spend(10, now: at(5))
        #expect(bucket.wait(now: at(4)) != nil && bucket.left(now: at(4)) == 0)
        #expect(bucket.left(now: at(5.5)) == 5)
    }

    @Test(
        "over any run, what is let in never exceeds the rate by more than one window and one batch", arguments: 0..<50)
    func neverOverRate(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let rate = Int.random(in: 1...1000, using: &random)
        let window = Double.random(in: 0.1...20, using: &random)
        var bucket = TokenBucket(rate: rate, window: .seconds(window), now: at(0))
        var time = 0.0
        var taken = 0
        let largest = Int.random(in: 1...5000, using: &random)
        for _ in 0..<2000 {
            time += Double.random(in: 0...0.5, using: &random)
            let size = Int.random(in: 1...largest, using: &random)
            if let wait = bucket.wait(now: at(time)) {
                var later = bucket
                let enough = at(time + wait / .seconds(1) + 1e-6)
                #expect(later.wait(now: enough) == nil, "the wait that was told is enough")
                continue
            }
            bucket.spend(size, now: at(time))
            taken += size
            #expect(Double(taken) <= Double(rate) * (time + max(window, 0.001)) + Double(largest) + 1)
        }
        #expect(taken > 0)
    }
}
