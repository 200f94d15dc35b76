import Gateway
import Landing
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
                schedule.finished(ticket, .failed(.unreachable, retryAfter: nil), now: at(now), jitter: jitter)
                    == .retry(after: pause))
            #expect(schedule.next(now: at(now)) == .idle(until: at(now) + pause))
            now += 60_000
        }
        _ = schedule.next(now: at(now))
        _ = schedule.finished(ticket, .landed, now: at(now), jitter: 0)
        let next = schedule.add(to: a)
        #expect(schedule.next(now: at(now)) == .send(next), "success forgets the pauses")
        let verdict = schedule.finished(next, .failed(.unreachable, retryAfter: nil), now: at(now), jitter: 1)
        #expect(verdict == .retry(after: .milliseconds(200)))
    }

    @Test("a pause that the store asks for is kept, unless the own one is longer")
    func retryAfter() {
        var schedule = schedule()
        let ticket = schedule.add(to: a)
        _ = schedule.next(now: at(0))
        let long = schedule.finished(ticket, .failed(.unreachable, retryAfter: .seconds(9)), now: at(0), jitter: 0)
        #expect(long == .retry(after: .seconds(9)))
        #expect(schedule.next(now: at(8_999)) == .idle(until: at(9_000)))
        #expect(schedule.next(now: at(9_000)) == .send(ticket))
        let short = schedule.finished(
            ticket, .failed(.unreachable, retryAfter: .milliseconds(1)), now: at(9_000), jitter: 1)
        #expect(short == .retry(after: .milliseconds(400)))
    }

    @Test("one stream's pause holds up no other; the earliest end of a pause is the wake")
    func otherStreams() {
        var schedule = schedule()
        let slow = schedule.add(to: a)
        _ = schedule.next(now: at(0))
        _ = schedule.finished(slow, .failed(.unreachable, retryAfter: .seconds(5)), now: at(0), jitter: 0)
        let other = schedule.add(to: b)
        #expect(schedule.next(now: at(1)) == .send(other))
        _ = schedule.finished(other, .failed(.unreachable, retryAfter: .seconds(2)), now: at(1), jitter: 0)
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

    @Test("a damaged segment goes, and lets the others pass")
    func damaged() {
        var schedule = schedule()
        let ticket = schedule.add(to: a, bytes: 7)
        let next = schedule.add(to: a, bytes: 5)
        _ = schedule.next(now: at(0))
        #expect(schedule.finished(ticket, .failed(.corrupt, retryAfter: nil), now: at(0), jitter: 0) == .damaged)
        #expect(schedule.pending == 1 && schedule.pendingBytes == 5 && schedule.landable == 1)
        #expect(schedule.next(now: at(0)) == .send(next))
        // Several in a row are not the disk's: the lane pauses.
        let third = schedule.add(to: a)
        #expect(schedule.finished(next, .failed(.corrupt, retryAfter: nil), now: at(0), jitter: 1) == .damaged)
        #expect(schedule.next(now: at(0)) == .idle(until: at(400)))
        #expect(schedule.next(now: at(400)) == .send(third))
    }

    @Test("a backlog drains at the set rate, and what came after it is not part of it")
    func drainRate() {
        var configuration = LandingSchedule.Configuration()
        configuration.drainBytesPerSecond = 1000
        var schedule = LandingSchedule(configuration)
        let old = (0..<2).map { _ in schedule.add(to: a, bytes: 500) }
        #expect(schedule.isDrained, "nothing is a backlog before it is called one")
        schedule.beginDraining()
        let fresh = schedule.add(to: a, bytes: 500)
        #expect(!schedule.isDrained && schedule.pendingBytes == 1500)
        #expect(schedule.next(now: at(0), draining: true) == .send(old[0]))
        _ = schedule.finished(old[0], .landed, now: at(10), jitter: 0)
        #expect(schedule.next(now: at(10), draining: true) == .idle(until: at(500)))
        #expect(schedule.next(now: at(500), draining: true) == .send(old[1]))
        #expect(!schedule.isDrained)
        _ = schedule.finished(old[1], .landed, now: at(600), jitter: 0)
        #expect(schedule.isDrained && schedule.pendingBytes == 500)
        #expect(schedule.next(now: at(600)) == .send(fresh), "no bound holds once it is connected")
    }

    @Test("while the zone is gone, all that waits is a backlog, whenever it came")
    func suspended() {
        var schedule = LandingSchedule(.init())
        schedule.suspend()
        #expect(schedule.isDrained, "nothing waits")
        let ticket = schedule.add(to: a, bytes: 1)
        #expect(!schedule.isDrained)
        schedule.beginDraining()
        #expect(!schedule.isDrained)
        #expect(schedule.next(now: at(0), draining: true) == .send(ticket))
        _ = schedule.finished(ticket, .landed, now: at(0), jitter: 0)
        #expect(schedule.isDrained)
    }

    @Test("newest first, a backlog drains from its end, and a failure loses no place")
    func newestFirst() {
        var configuration = LandingSchedule.Configuration()
        configuration.drainOrder = .newest
        configuration.drainBytesPerSecond = nil
        var schedule = LandingSchedule(configuration)
        let tickets = (0..<3).map { _ in schedule.add(to: a, bytes: 1) }
        schedule.beginDraining()
        #expect(schedule.next(now: at(0), draining: true) == .send(tickets[2]))
        _ = schedule.finished(tickets[2], .failed(.broken, retryAfter: nil), now: at(0), jitter: 0)
        #expect(schedule.next(now: at(60_000), draining: true) == .send(tickets[2]))
        _ = schedule.finished(tickets[2], .landed, now: at(60_000), jitter: 0)
        #expect(schedule.next(now: at(60_000), draining: true) == .send(tickets[1]))
        _ = schedule.finished(tickets[1], .landed, now: at(60_000), jitter: 0)
        #expect(schedule.next(now: at(60_000), draining: false) == .send(tickets[0]))
        #expect(!schedule.isDrained, "the oldest is on its way")
    }

    @Test("a zone that is there again is not kept waiting by the pauses of its failures")
    func resume() {
        var schedule = schedule()
        let ticket = schedule.add(to: a)
        for _ in 0..<10 {
            #expect(schedule.next(now: at(0)) == .send(ticket))
            _ = schedule.finished(ticket, .failed(.unreachable, retryAfter: nil), now: at(0), jitter: 1)
            #expect(schedule.next(now: at(0)) != .send(ticket))
            schedule.beginDraining()
        }
    }
}
