package import Files
package import Landing
import Logging
package import Model

/// Carries out ``PartitionControl`` for one landing zone: feeds it outcomes, probes the zone when nothing else is heard of
/// it, keeps operators' overrides, and tells of every change.
///
/// A probe is a create of a name that is taken, so it takes the very path that landing takes, permissions included.
package final class ZoneLink<FS: FileSystem, Store: ObjectStore, Time: TimeSource>: Sendable {
    private struct State {
        var control: PartitionControl
        var since: Timestamp
        var reason = "the gateway started"
        var lastFailure: String?
        var probing = false
    }

    package let zone: ZoneName
    private let store: Store
    private let time: Time
    private let timers: TimerQueue<Time>
    private let log: Logger
    private let file: OverrideFile<FS>
    private let state: Monitor<State>
    /// One override at a time: what is on disk and what holds are the same.
    private let overriding = Monitor(())
    private let lander = LateBound<Lander<FS, Store, Time>>()
    private let observer: @Sendable (ZoneChange) -> Void

    /// Throws when the disk does not say whether an operator's override holds: a zone that is held is not to be taken for one
    /// that is not.
    init(
        _ zone: ZoneName, _ configuration: PartitionControl.Configuration, store: Store, file: OverrideFile<FS>,
        time: Time, timers: TimerQueue<Time>, log: Logger, observer: @escaping @Sendable (ZoneChange) -> Void
    ) throws(FileError) {
        self.zone = zone
        self.store = store
        self.time = time
        self.timers = timers
        self.log = log
        self.file = file
        self.observer = observer
        var state = State(
            control: PartitionControl(configuration, now: time.monotonic()), since: time.now())
        var word: OverrideFile<FS>.Word?
        switch try file.read() {
        case .nothing: break
        case .word(let found): word = found
        case .damaged(let reason):
            log.error(
                "an operator's override of the landing zone is damaged, and does not hold: set it again",
                metadata: ["zone": "\(zone)", "error": "\(reason)"])
        }
        if let word, let override = PartitionControl.Override(rawValue: word.override) {
            _ = state.control.set(override, now: time.monotonic(), drained: true)
            if override != .auto {
                state.reason = "\(word.by) set \(word.override) at \(word.at): \(word.reason)"
                log.notice(
                    "an operator's override of the landing zone still holds",
                    metadata: ["zone": "\(zone)", "override": "\(word.override)", "by": "\(word.by)"])
            }
        }
        self.state = Monitor(state)
    }

    func start(_ lander: Lander<FS, Store, Time>) {
        self.lander.bind(lander)
        if effective == .partitioned { lander.suspend() }
        poll()
    }

    /// What the gateway acts on.
    package var effective: PartitionControl.State { state.withLock { $0.control.effective } }

    /// How long a producer who was refused should wait.
    var retryAfter: Duration {
        state.withLock { state in
            state.control.override == .hold
                ? .seconds(60) : max(.seconds(5), min(state.control.healAfter, .seconds(60)))
        }
    }

    /// Since when, and why, for refusals.
    var explanation: String { state.withLock { "since \($0.since): \($0.reason)" } }

    // MARK: Evidence

    func heard(_ outcome: CreateOutcome, sent: MonotonicInstant) {
        let drained = lander.value?.isDrained ?? true
        let now = time.monotonic()
        let transition = state.withLock { state -> PartitionControl.Transition? in
            if let detail = outcome.failure?.detail { state.lastFailure = detail }
            let transition = state.control.heard(
                .init(LandingOutcome(outcome)), sent: sent, now: now, drained: drained)
            // What left the zone connected is over.
            if state.control.observed == .connected { state.lastFailure = nil }
            return transition
        }
        if let transition { observed(transition, detail: outcome.failure?.detail) }
    }

    /// The lander has nothing left of what waited when the zone healed.
    func backlogLanded() {
        if let transition = state.withLock({ $0.control.drained() }) { observed(transition, detail: nil) }
    }

    private func observed(_ transition: PartitionControl.Transition, detail: String?) {
        let reason = transition.reason + (detail.map { " (\($0))" } ?? "")
        state.withLock { state in
            state.since = time.now()
            state.reason = reason
        }
        tell(.observed(from: transition.from, to: transition.to), by: "gateway", reason)
        switch (transition.from, transition.to) {
        case (_, .partitioned): lander.value?.suspend()
        case (.partitioned, _): lander.value?.resume()
        default: break
        }
    }

    // MARK: Operators

    /// Sets the override; durable when it returns, and in force. Throws when it can't be kept, and then nothing has changed.
    package func set(_ override: PartitionControl.Override, by: String, reason: String) throws(FileError) {
        try overriding.withLock { _ throws(FileError) in
            let now = time.now()
            let word = OverrideFile<FS>.Word(
                override: override.rawValue, by: by, reason: reason, at: now.description)
            try file.write(word)
            let drained = lander.value?.isDrained ?? true
            let before = state.withLock { state in
                let before = state.control.override
                if state.control.set(override, now: time.monotonic(), drained: drained) != nil {
                    state.since = now
                    state.reason = "\(by) set \(override.rawValue): \(reason)"
                }
                return before
            }
            tell(.overridden(from: before, to: override), by: by, reason)
        }
        if effective == .partitioned { lander.value?.suspend() } else { lander.value?.resume() }
        if override == .hold { store.interrupt() }
    }

    private func tell(_ what: ZoneChange.What, by: String, _ reason: String) {
        let change = ZoneChange(zone: zone, what: what, by: by, reason: reason, at: time.now())
        let word: String
        switch what {
        case .observed(let from, let to): word = "\(from.rawValue) -> \(to.rawValue)"
        case .overridden(let from, let to): word = "\(from.rawValue) -> \(to.rawValue), by \(by)"
        }
        log.notice("landing zone: \(word)", metadata: ["zone": "\(zone)", "reason": "\(reason)"])
        observer(change)
    }

    package var status: ZoneStatus {
        let backlog = lander.value?.backlogSummary
        return state.withLock { state in
            ZoneStatus(
                zone: zone, state: state.control.effective, observed: state.control.observed,
                override: state.control.override, reason: state.reason, since: state.since,
                lastFailure: state.lastFailure, backlogSegments: backlog?.segments ?? 0,
                backlogBytes: backlog?.bytes ?? 0, oldestArrival: backlog?.oldestArrival)
        }
    }

    // MARK: Probes

    private func poll() {
        let now = time.monotonic()
        let wait = state.withLock { state -> Duration? in
            guard !state.probing, let due = state.control.probeAt else { return .milliseconds(500) }
            guard due <= now else { return min(max(due - now, .milliseconds(20)), .milliseconds(500)) }
            state.probing = true
            return nil
        }
        if let wait {
            timers.after(wait) { [weak self] in self?.poll() }
            return
        }
        let sent = time.monotonic()
        store.create(CreateOnlyProbe<Store, Time>.object(patience: .seconds(3))) { [self] outcome in
            state.withLock { $0.probing = false }
            heard(outcome, sent: sent)
            timers.after(.milliseconds(20)) { [weak self] in self?.poll() }
        }
    }
}

extension CreateOutcome {
    var failure: StoreFailure? {
        switch self {
        case .unknown(let failure), .refused(let failure): failure
        case .created, .same, .different, .conflict: nil
        }
    }
}
