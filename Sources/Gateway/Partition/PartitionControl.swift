import Landing
package import Model

/// Decides whether a landing zone counts as reachable: a pure state machine on an injected clock, one for each zone.
///
/// It hears the outcome of every create and probe. A failure makes the zone suspect; only failures without a success
/// between them, for a while, make it partitioned; only successes without a failure between them, for a while, heal it.
/// Each partition that follows soon after another doubles the second while, so a link that comes and goes is left for ever
/// longer and does not flap the mode. Operators override what it decides, not what it observes.
package struct PartitionControl: Sendable {
    package struct Configuration: Sendable {
        /// Failures in a row, at least, before the zone counts as partitioned. Default 3: one may be a lost packet, two its
        /// retry.
        package var failuresMin = 3
        /// And for at least this long. Default 10 s, the length of a segment: shorter gaps delay nothing that matters.
        package var partitionAfter: Duration = .seconds(10)
        /// Successes in a row, at least, before a partition counts as healed. Default 3.
        package var successesMin = 3
        /// And for at least this long. Default 5 s.
        package var healAfter: Duration = .seconds(5)
        /// What doubling makes of it, at most. Default 5 min.
        package var healAfterMax: Duration = .seconds(300)
        /// How long a zone must stay connected before an earlier partition is forgotten. Default 10 min.
        package var forgetAfter: Duration = .seconds(600)
        /// A zone that has not been heard of for this long is probed. Default 5 s; every second while in doubt.
        package var probeInterval: Duration = .seconds(5)
        package var probeIntervalInDoubt: Duration = .seconds(1)

        package init() {}
    }

    package enum State: String, Sendable, CaseIterable {
        case connected
        /// Failures, not yet decided.
        case suspect
        case partitioned
        /// Healed, with a backlog left.
        case draining
    }

    package enum Override: String, Sendable, CaseIterable {
        /// The state decides.
        case auto
        /// Acts as partitioned: for maintenance, or to spare a link.
        case hold
        /// Acts as connected, whatever was observed.
        case release
    }

    package enum Evidence: Sendable, Equatable {
        case success
        case failure
        /// The zone answered, but not so that landing would work or not (it asks for less; the bytes are wrong).
        case neutral
    }

    /// A change of what the zone acts as, or of what was observed of it.
    package struct Transition: Sendable, Equatable {
        package var from: State
        package var to: State
        package var reason: String
    }

    private let configuration: Configuration
    /// What was observed.
    package private(set) var observed = State.connected
    package private(set) var override = Override.auto
    private var failures = 0
    private var successes = 0
    /// When the present run of failures, or of successes, began.
    private var runBegan: MonotonicInstant?
    private var lastHeard: MonotonicInstant
    /// Partitions that followed one another too soon.
    private var repeats = 0
    private var connectedSince: MonotonicInstant?
    /// What makes a zone that was suspect go back to draining.
    private var wasDraining = false

    package init(_ configuration: Configuration, now: MonotonicInstant) {
        self.configuration = configuration
        lastHeard = now
    }

    /// What the gateway acts on.
    package var effective: State {
        switch override {
        case .auto: observed
        case .hold: .partitioned
        case .release: observed == .draining ? .draining : .connected
        }
    }

    /// How long the successes must last that heal the present, or the next, partition.
    package var healAfter: Duration {
        min(configuration.healAfter * (1 << min(repeats, 16)), configuration.healAfterMax)
    }

    /// When the zone should be probed if nothing is heard of it; `nil` while it is held.
    package var probeAt: MonotonicInstant? {
        guard override != .hold else { return nil }
        switch observed {
        case .connected, .draining: return lastHeard + configuration.probeInterval
        case .suspect, .partitioned:
            return lastHeard + min(configuration.probeInterval, configuration.probeIntervalInDoubt)
        }
    }

    /// Takes the outcome of a create or a probe that was sent at that moment. `drained`: nothing is left of what waited when
    /// the zone healed.
    package mutating func heard(
        _ evidence: Evidence, sent: MonotonicInstant, now: MonotonicInstant, drained: Bool
    ) -> Transition? {
        // An answer tells of now, a failure of when it was sent: many that are given up late must not hold probes up.
        lastHeard = evidence == .failure ? max(lastHeard, sent) : now
        // What was cut off, or was still on its way, when an operator took the zone away says nothing of it.
        guard override != .hold else { return nil }
        switch evidence {
        case .neutral: return nil
        case .success: return succeeded(now, drained)
        case .failure:
            // What got lost in a cut may be given up long after it, when other things are being answered.
            if successes > 0, let runBegan, sent < runBegan { return nil }
            return failed(now)
        }
    }

    /// Nothing is left of what waited when the zone healed.
    package mutating func drained() -> Transition? {
        observed == .draining ? move(to: .connected, "the backlog has landed") : nil
    }

    /// An operator's word. `drained` as in ``heard(_:sent:now:drained:)``.
    package mutating func set(_ next: Override, now: MonotonicInstant, drained: Bool) -> Transition? {
        let before = effective
        let wasHeld = override == .hold
        override = next
        lastHeard = now
        if wasHeld, next != .hold, observed == .connected || observed == .suspect {
            // What has piled up meanwhile drains like after a partition.
            observed = drained ? .connected : .draining
            startRun()
        }
        return effective == before
            ? nil : Transition(from: before, to: effective, reason: "an operator set \(next.rawValue)")
    }

    private mutating func succeeded(_ now: MonotonicInstant, _ drained: Bool) -> Transition? {
        if failures > 0 || successes == 0 {
            startRun()
            runBegan = now
        }
        successes += 1
        switch observed {
        case .connected, .draining:
            forgetIfLongConnected(now)
            return observed == .draining && drained ? move(to: .connected, "the backlog has landed") : nil
        case .suspect:
            guard successes >= configuration.successesMin else { return nil }
            return move(to: wasDraining && !drained ? .draining : .connected, "\(successes) answers without a failure")
        case .partitioned:
            guard successes >= configuration.successesMin, let runBegan, now - runBegan >= healAfter else { return nil }
            connectedSince = now
            return move(
                to: drained ? .connected : .draining, "\(successes) answers without a failure in \(now - runBegan)")
        }
    }

    private mutating func failed(_ now: MonotonicInstant) -> Transition? {
        if successes > 0 || failures == 0 {
            startRun()
            runBegan = now
        }
        failures += 1
        switch observed {
        case .partitioned: return nil
        case .connected, .draining:
            wasDraining = observed == .draining
            return decide(now) ?? move(to: .suspect, "a failure")
        case .suspect: return decide(now)
        }
    }

    private mutating func decide(_ now: MonotonicInstant) -> Transition? {
        guard failures >= configuration.failuresMin, let runBegan, now - runBegan >= configuration.partitionAfter else {
            return nil
        }
        if connectedSince != nil { repeats += 1 }
        return move(to: .partitioned, "\(failures) failures without an answer in \(now - runBegan)")
    }

    private mutating func forgetIfLongConnected(_ now: MonotonicInstant) {
        guard let since = connectedSince, now - since >= configuration.forgetAfter else { return }
        connectedSince = nil
        repeats = 0
    }

    private mutating func startRun() {
        failures = 0
        successes = 0
        runBegan = nil
    }

    private mutating func move(to next: State, _ reason: String) -> Transition? {
        defer { observed = next }
        return Transition(from: observed, to: next, reason: reason)
    }
}

extension PartitionControl.Evidence {
    package init(_ outcome: LandingOutcome) {
        switch outcome {
        case .landed, .different: self = .success
        case .failed(let kind, _):
            switch kind {
            case .throttled, .corrupt, nil: self = .neutral
            case .unreachable, .broken, .denied, .misconfigured, .outOfSpace: self = .failure
            }
        }
    }
}
