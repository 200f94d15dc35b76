import Gateway
import Landing
import Model
import Testing

@Suite struct PartitionControlTests {
    typealias State = PartitionControl.State

    private func at(_ seconds: Double) -> MonotonicInstant { MonotonicInstant(nanoseconds: Int64(seconds * 1e9)) }

    private func control(_ change: (inout PartitionControl.Configuration) -> Void = { _ in }) -> PartitionControl {
        var configuration = PartitionControl.Configuration()
        change(&configuration)
        return PartitionControl(configuration, now: at(0))
    }

    /// Gives the same evidence every second from `from` to `to`, and returns the states moved to.
    private func feed(
        _ control: inout PartitionControl, _ evidence: PartitionControl.Evidence, from: Int, to: Int,
        drained: Bool = true
    ) -> [State] {
        (from...to).compactMap {
            control.heard(evidence, sent: at(Double($0)), now: at(Double($0)), drained: drained)?.to
        }
    }

    @Test("failures without an answer between them, long enough, make a partition; and no sooner")
    func partition() {
        var control = control()
        #expect(feed(&control, .failure, from: 1, to: 10) == [.suspect])
        #expect(control.effective == .suspect)
        #expect(feed(&control, .failure, from: 11, to: 11) == [.partitioned])
        var few = self.control()
        _ = few.heard(.failure, sent: at(0), now: at(0), drained: true)
        #expect(
            few.heard(.failure, sent: at(100), now: at(100), drained: true) == nil,
            "two failures are too few, however far apart")
        #expect(few.heard(.failure, sent: at(100), now: at(100), drained: true)?.to == .partitioned)
    }

    @Test("a link that loses every other request is suspect, and never partitioned")
    func lossy() {
        var control = control()
        var states: Set<State> = []
        for second in 0..<10_000 {
            _ = control.heard(
                second.isMultiple(of: 2) ? .failure : .success, sent: at(Double(second)), now: at(Double(second)),
                drained: true)
            states.insert(control.effective)
        }
        #expect(states == [.suspect])
    }

    @Test("a partition heals by answers without a failure between them, long enough")
    func heal() {
        var control = control()
        _ = feed(&control, .failure, from: 0, to: 20)
        #expect(feed(&control, .success, from: 21, to: 25) == [])
        #expect(feed(&control, .failure, from: 26, to: 26) == [], "one failure starts the wait again")
        #expect(feed(&control, .success, from: 27, to: 31) == [])
        #expect(feed(&control, .success, from: 32, to: 32) == [.connected])
    }

    @Test("what was sent before the answers began, and is given up only now, delays no healing and casts no doubt")
    func late() {
        var control = control()
        func fail(sent: Double, at now: Double) -> PartitionControl.Transition? {
            control.heard(.failure, sent: at(sent), now: at(now), drained: true)
        }
        _ = feed(&control, .failure, from: 0, to: 20)
        _ = feed(&control, .success, from: 21, to: 24)
        #expect(fail(sent: 10, at: 24.5) == nil && fail(sent: 20.9, at: 24.6) == nil)
        #expect(feed(&control, .success, from: 25, to: 26) == [.connected])
        #expect(fail(sent: 20.9, at: 26.5) == nil && control.effective == .connected)
        #expect(fail(sent: 21, at: 27)?.to == .suspect, "what was sent since counts")
        // While nothing is answered, all that fails counts, whenever it was sent.
        var cut = self.control()
        _ = feed(&cut, .success, from: 0, to: 3)
        _ = feed(&cut, .failure, from: 4, to: 6)
        #expect(cut.heard(.failure, sent: at(2), now: at(14), drained: true)?.to == .partitioned)
    }

    @Test("with a backlog it drains first, also past a moment of doubt, and a cut makes it partitioned again")
    func drain() {
        var control = control()
        _ = feed(&control, .failure, from: 0, to: 20)
        #expect(feed(&control, .success, from: 21, to: 26, drained: false) == [.draining])
        #expect(feed(&control, .failure, from: 27, to: 27, drained: false) == [.suspect])
        #expect(feed(&control, .success, from: 28, to: 30, drained: false) == [.draining])
        #expect(feed(&control, .failure, from: 31, to: 41, drained: false) == [.suspect, .partitioned])
        _ = feed(&control, .success, from: 42, to: 80, drained: false)
        #expect(control.effective == .draining)
        #expect(control.drained()?.to == .connected)
        #expect(control.drained() == nil)
    }

    @Test(
        "a link that comes and goes flaps the mode a few times, and is then left for long", arguments: [12, 20, 40, 90])
    func flapping(_ half: Int) {
        var control = control()
        var moves = 0
        for second in 0..<7200 {
            let up = (second / half).isMultiple(of: 2)
            let before = control.effective == .partitioned
            _ = control.heard(
                up ? .success : .failure, sent: at(Double(second)), now: at(Double(second)), drained: true)
            if before != (control.effective == .partitioned) { moves += 1 }
        }
        // Each partition doubles the wait, so the number of moves grows with the logarithm of the link's period.
        #expect(moves <= 13, "\(moves) moves in two hours")
        // Once the link is well for good, it heals.
        _ = feed(&control, .success, from: 7200, to: 7200 + 301)
        #expect(control.effective == .connected)
    }

    @Test("long connected, earlier partitions are forgotten")
    func forget() {
        var control = control()
        for round in 0..<3 {
            _ = feed(&control, .failure, from: round * 100, to: round * 100 + 20)
            _ = feed(&control, .success, from: round * 100 + 21, to: round * 100 + 60)
        }
        #expect(control.healAfter == .seconds(20))
        _ = feed(&control, .success, from: 300, to: 1000)
        #expect(control.healAfter == .seconds(5))
    }

    @Test("an operator's hold acts as partitioned and asks nothing; what is heard meanwhile counts for nothing")
    func hold() {
        var control = control()
        #expect(control.set(.hold, now: at(1), drained: true)?.to == .partitioned)
        #expect(control.probeAt == nil)
        #expect(feed(&control, .failure, from: 2, to: 60) == [] && control.observed == .connected)
        #expect(control.set(.auto, now: at(61), drained: false)?.to == .draining)
        #expect(control.drained()?.to == .connected)
        _ = control.set(.hold, now: at(70), drained: true)
        #expect(control.set(.auto, now: at(71), drained: true)?.to == .connected)
    }

    @Test("an operator's release acts as connected whatever is observed, which goes on being observed")
    func release() {
        var control = control()
        _ = feed(&control, .failure, from: 0, to: 20)
        #expect(control.set(.release, now: at(21), drained: false)?.to == .connected)
        #expect(feed(&control, .failure, from: 22, to: 40) == [] && control.observed == .partitioned)
        #expect(control.set(.auto, now: at(41), drained: false)?.to == .partitioned)
        #expect(control.set(.hold, now: at(42), drained: false) == nil, "it acts the same")
        #expect(control.set(.auto, now: at(43), drained: false) == nil && control.observed == .partitioned)
    }

    @Test("a zone that is not heard of is probed, more often while in doubt")
    func probes() {
        var control = control()
        #expect(control.probeAt == at(5))
        _ = control.heard(.success, sent: at(3), now: at(3), drained: true)
        #expect(control.probeAt == at(8))
        _ = control.heard(.failure, sent: at(8), now: at(8), drained: true)
        #expect(control.probeAt == at(9))
        // Whatever is given up late, one after the other, holds no probe up.
        for second in 9..<20 {
            _ = control.heard(.failure, sent: at(Double(second) - 20), now: at(Double(second)), drained: true)
        }
        #expect(control.effective == .partitioned && control.probeAt == at(9))
    }

    @Test("what a store says counts by what it means for landing")
    func evidence() {
        func evidence(_ outcome: CreateOutcome) -> PartitionControl.Evidence { .init(LandingOutcome(outcome)) }
        for outcome in [CreateOutcome.created, .same, .different] { #expect(evidence(outcome) == .success) }
        #expect(evidence(.conflict) == .neutral)
        for kind in [StoreFailure.Kind.throttled, .corrupt] {
            #expect(evidence(.unknown(StoreFailure(kind, ""))) == .neutral)
        }
        for kind in [StoreFailure.Kind.unreachable, .broken, .denied, .misconfigured, .outOfSpace] {
            #expect(evidence(.refused(StoreFailure(kind, ""))) == .failure, "\(kind)")
        }
    }
}
