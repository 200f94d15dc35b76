import Gateway
import Model
import Testing

@Suite struct LandingScheduleTests {
    private let a = StreamName("a")!
    private let b = StreamName("b")!
    private let c = StreamName("c")!

    private func schedule(concurrency: Int = 2) -> LandingSchedule {
        var configuration = LandingSchedule.Configuration()
        configuration.concurrency = concurrency
        return LandingSchedule(configuration)
    }

    private func at(_ milliseconds: Int64) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: milliseconds * 1_000_000)
    }

    @Test("oldest first, one at a time per stream")
    func order() {
        var schedule = schedule()
        let tickets = (0..<3).map { _ in schedule.add(to: a) }
        for ticket in tickets {
            #expect(schedule.next(now: at(0)) == .send(ticket))
            #expect(schedule.next(now: at(0)) == .idle(until: nil), "one of a stream at a time")
            #expect(schedule.finished(ticket, .landed, now: at(0), jitter: 0) == .landed)
        }
        #expect(schedule.pending == 0 && schedule.landable == 0)
    }

    @Test("streams take turns, and no more are on their way than allowed")
    func concurrency() {
        var schedule = schedule(concurrency: 2)
        let first = [schedule.add(to: a), schedule.add(to: a)]
        let second = schedule.add(to: b)
        let third = schedule.add(to: c)
        #expect(schedule.next(now: at(0)) == .send(first[0]))
        #expect(schedule.next(now: at(0)) == .send(second))
        #expect(schedule.next(now: at(0)) == .idle(until: nil))
        _ = schedule.finished(first[0], .landed, now: at(0), jitter: 0)
        #expect(schedule.next(now: at(0)) == .send(third), "a stream that has not had its turn comes first")
        _ = schedule.finished(second, .landed, now: at(0), jitter: 0)
        #expect(schedule.next(now: at(0)) == .send(first[1]))
    }

    @Test("pauses double up to the longest, jittered between half and whole", arguments: [0, 0.5, 1])
    func backoff(_ jitter: Double) {
        var schedule = schedule()
        let ticket = schedule.add(to: a)
        var now: Int64 = 0
        for failures in 0..<12 {
            #expect(schedule.next(now: at(now)) == .send(ticket))
            let whole = min(Duration.milliseconds(200 << failures), .seconds(30))
            let pause = whole * (0.5 + jitter / 2)
            #expect(
                schedule.finished(ticket, .failed(retryAfter: nil), now: at(now), jitter: jitter)
                    == .retry(after: pause))
            #expect(schedule.next(now: at(now)) == .idle(until: at(now) + pause))
            now += 60_000
        }
        _ = schedule.next(now: at(now))
        _ = schedule.finished(ticket, .landed, now: at(now), jitter: 0)
        let next = schedule.add(to: a)
        #expect(schedule.next(now: at(now)) == .send(next), "success forgets the pauses")
        let verdict = schedule.finished(next, .failed(retryAfter: nil), now: at(now), jitter: 1)
        #expect(verdict == .retry(after: .milliseconds(200)))
    }

    @Test("a pause that the store asks for is kept, unless the own one is longer")
    func retryAfter() {
        var schedule = schedule()
        let ticket = schedule.add(to: a)
        _ = schedule.next(now: at(0))
        let long = schedule.finished(ticket, .failed(retryAfter: .seconds(9)), now: at(0), jitter: 0)
        #expect(long == .retry(after: .seconds(9)))
        #expect(schedule.next(now: at(8_999)) == .idle(until: at(9_000)))
        #expect(schedule.next(now: at(9_000)) == .send(ticket))
        let short = schedule.finished(ticket, .failed(retryAfter: .milliseconds(1)), now: at(9_000), jitter: 1)
        #expect(short == .retry(after: .milliseconds(400)))
    }

    @Test("one stream's pause holds up no other; the earliest end of a pause is the wake")
    func otherStreams() {
        var schedule = schedule()
        let slow = schedule.add(to: a)
        _ = schedule.next(now: at(0))
        _ = schedule.finished(slow, .failed(retryAfter: .seconds(5)), now: at(0), jitter: 0)
        let other = schedule.add(to: b)
        #expect(schedule.next(now: at(1)) == .send(other))
        _ = schedule.finished(other, .failed(retryAfter: .seconds(2)), now: at(1), jitter: 0)
        #expect(schedule.next(now: at(1)) == .idle(until: at(2001)))
    }

    @Test("other bytes under the name stop the stream for good, and no other")
    func different() {
        var schedule = schedule()
        let ticket = schedule.add(to: a)
        _ = schedule.add(to: a)
        _ = schedule.next(now: at(0))
        #expect(schedule.finished(ticket, .different, now: at(0), jitter: 0) == .stopped)
        #expect(schedule.isStopped(a) && !schedule.isStopped(b))
        #expect(schedule.next(now: at(1_000_000)) == .idle(until: nil))
        #expect(schedule.pending == 2 && schedule.landable == 0)
        let other = schedule.add(to: b)
        #expect(schedule.next(now: at(0)) == .send(other))
    }
}
