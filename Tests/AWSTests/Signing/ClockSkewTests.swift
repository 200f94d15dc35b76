import Model
import Testing

@testable import AWS

@Suite struct CorrectingTheClock {
    let server = Timestamp(year: 2026, month: 3, day: 1, hour: 12, minute: 0, second: 0)!
    let date = "Sun, 01 Mar 2026 12:00:00 GMT"

    private func after(_ duration: Duration) -> Timestamp {
        Timestamp(microseconds: server.microseconds + duration.components.seconds * 1_000_000)
    }

    @Test("a skewed clock is corrected once, in either direction, and what is signed next is on time")
    func corrected() {
        for skew in [Duration.seconds(3600), .seconds(-3600), .seconds(86_400), .seconds(5 * 60)] {
            let local = after(skew)
            var clock = ClockSkew()
            #expect(clock.corrected(local) == local)
            #expect(clock.learn(serverDate: date, signedAt: local, now: local) == .retry)
            #expect(clock.corrected(local) == server)
            #expect(clock.correction == .zero - skew)
        }
    }

    @Test("a request that was signed on the server's time is not sent again")
    func noLoop() {
        let local = after(.seconds(3600))
        var clock = ClockSkew()
        #expect(clock.learn(serverDate: date, signedAt: local, now: local) == .retry)
        guard case .noHelp = clock.learn(serverDate: date, signedAt: clock.corrected(local), now: local) else {
            Issue.record("it would go round for ever")
            return
        }
        #expect(clock.corrected(local) == server)
    }

    @Test("a second request that was in flight before the correction is retried too")
    func concurrent() {
        let local = after(.seconds(-7200))
        var clock = ClockSkew()
        #expect(clock.learn(serverDate: date, signedAt: local, now: local) == .retry)
        #expect(clock.learn(serverDate: date, signedAt: local, now: local) == .retry)
    }

    @Test("a clock that was set right meanwhile unlearns the correction")
    func setRight() {
        let local = after(.seconds(3600))
        var clock = ClockSkew()
        #expect(clock.learn(serverDate: date, signedAt: local, now: local) == .retry)
        #expect(clock.learn(serverDate: date, signedAt: clock.corrected(server), now: server) == .retry)
        #expect(clock.correction == .zero)
    }

    @Test(
        "more than a day, no date, or no sense: left alone",
        arguments: [
            nil, "", "yesterday", "Sun, 31 Feb 2026 12:00:00 GMT", "Sun, 01 Mar 2026 12:00 GMT",
            "Sunday, 01-Mar-26 12:00:00 GMT", "Sun, 01 Mar 2026 12:00:00 CET", "Wed, 01 Apr 2026 12:00:00 GMT",
            "Sun, 01 Mar 2026 25:00:00 GMT", "Sun, 01 Mär 2026 12:00:00 GMT",
        ])
    func leftAlone(_ date: String?) {
        let local = after(.seconds(3600))
        var clock = ClockSkew()
        guard case .noHelp = clock.learn(serverDate: date, signedAt: local, now: local) else {
            Issue.record("learned from \(date ?? "nothing")")
            return
        }
        #expect(clock.correction == .zero)
    }
}
