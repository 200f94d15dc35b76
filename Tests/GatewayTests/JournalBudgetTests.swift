import Gateway
import Model
import Testing

@Suite struct JournalBudgetTests {
    private let low = StreamName("low")!
    private let middle = StreamName("middle")!
    private let high = StreamName("high")!
    private let start = MonotonicInstant(nanoseconds: 0)

    private func budget(_ total: Int64?, own: Int64? = nil) -> JournalBudget {
        JournalBudget(
            total: total,
            shares: [low: .init(priority: 1, bytes: own), middle: .init(), high: .init(priority: 9)])
    }

    private func promises(_ budget: inout JournalBudget, _ asked: (Int64, StreamName)...) -> [Bool] {
        asked.map { bytes, stream in budget.promise(bytes, to: stream) }
    }

    @Test("each level of priority has its ceiling, at the byte")
    func ceilings() {
        for (stream, ceiling) in [(low, Int64(733)), (middle, 866), (high, 1000)] {
            var exact = budget(1000)
            let fits = exact.promise(ceiling, to: stream)
            let more = exact.promise(1, to: stream)
            #expect(fits && !more, "\(stream)")
            var over = budget(1000)
            let tooMuch = over.promise(ceiling + 1, to: stream)
            #expect(!tooMuch && over.bytesUsed == 0, "a refused promise takes no room")
        }
    }

    @Test("a stream's own budget holds beside the total")
    func own() {
        var budget = budget(nil, own: 10)
        #expect(promises(&budget, (10, low), (1, low), (1 << 40, high)) == [true, false, true])
    }

    @Test("what others hold counts, the gateway's own streams too, which are never refused")
    func others() {
        var budget = budget(1000)
        budget.holds(.ledger, 700, now: start)
        #expect(promises(&budget, (34, low), (33, low)) == [false, true])
        budget.settle(low, promised: 33)
        budget.holds(.ledger, 2000, now: start)
        #expect(promises(&budget, (1, high), (1, .ledger)) == [false, true])
    }

    @Test("a promise that is kept counts once")
    func settle() {
        var budget = budget(1000)
        #expect(promises(&budget, (500, high)) == [true])
        budget.holds(high, 120, now: start)
        budget.settle(high, promised: 500)
        #expect(budget.bytesUsed == 120)
        #expect(promises(&budget, (880, high), (1, high)) == [true, false])
    }

    @Test("the wait is what freeing the excess takes at the rate of late, and unknown while nothing is freed")
    func retryAfter() {
        var budget = budget(1000)
        budget.holds(high, 1000, now: start)
        #expect(budget.retryAfter(high, 100, now: start) == nil)
        budget.holds(high, 990, now: start + .seconds(1))
        budget.holds(high, 960, now: start + .seconds(4))
        // 40 bytes in 3 s and the first one's; 100 bytes at 10 a second, of which 40 are free.
        #expect(budget.retryAfter(high, 100, now: start + .seconds(4)) == .seconds(6))
        #expect(budget.retryAfter(high, 1_000_000, now: start + .seconds(4)) == .seconds(120))
        #expect(budget.retryAfter(high, 100, now: start + .seconds(60)) == nil, "that was long ago")
    }
}
