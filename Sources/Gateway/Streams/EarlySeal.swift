package import Model

/// Decides when a stream is sealed before its time, for requests that wait for their batch to land: a pure state machine.
///
/// The first that asks is served at once; all that ask within ``interval`` of a seal share the next one, so that many small
/// requests do not make as many small objects.
package struct EarlySeal: Sendable {
    package enum Action: Equatable, Sendable {
        case seal
        /// Ask ``due(isWanted:now:)`` after that long.
        case wait(Duration)
        /// A seal that will cover it is already planned.
        case none
    }

    /// Early seals of a stream are at least this far apart.
    package static var interval: Duration { .milliseconds(200) }

    private var last: MonotonicInstant?
    private var isPlanned = false

    package init() {}

    /// A durable batch is in the open segment and is waited for.
    package mutating func asked(now: MonotonicInstant) -> Action {
        if isPlanned { return .none }
        if let last, now - last < EarlySeal.interval {
            isPlanned = true
            return .wait(EarlySeal.interval - (now - last))
        }
        last = now
        return .seal
    }

    /// The planned moment has come; whether to seal. `isWanted`: something unsealed is still waited for.
    package mutating func due(isWanted: Bool, now: MonotonicInstant) -> Bool {
        isPlanned = false
        if isWanted { last = now }
        return isWanted
    }
}
