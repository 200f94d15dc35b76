import Landing
import Logging
import Model

/// Finds out, at start, whether a store keeps to create-only: two conditional creates of one name with other bytes, the
/// second of which must be refused.
///
/// Strong streams rest on it: two gateways that are given the same batch make one object only if the store lets one win.
/// The name is always the same, so that starts leave no litter in the zone. Until the store has answered, nothing is proved,
/// and the question is asked again and again.
final class CreateOnlyProbe<Store: ObjectStore, Time: TimeSource>: Sendable {
    enum Verdict: Sendable, Equatable {
        case proved
        case unproved
        /// The store overwrote the object: it ignores the condition.
        case broken
    }

    static var objectName: String { "_probe/create-only" }

    /// What is created first; once it is there, the cheapest proof that landing works.
    static func object(_ text: String = "first\n", patience: Duration? = nil) -> NewObject {
        let bytes = Array(text.utf8)
        return NewObject(
            name: objectName, body: .bytes(bytes), length: Int64(bytes.count), sha256: SHA256.hash(bytes),
            patience: patience)
    }

    private let zone: ZoneName
    private let store: Store
    private let timers: TimerQueue<Time>
    private let log: Logger
    private let state: Monitor<Verdict>

    init(_ zone: ZoneName, store: Store, timers: TimerQueue<Time>, log: Logger) {
        self.zone = zone
        self.store = store
        self.timers = timers
        self.log = log
        state = Monitor(store.createsOnlyByConstruction ? .proved : .unproved)
    }

    var verdict: Verdict { state.withLock { $0 } }

    /// Asks until the store has answered. Returns at once.
    func start() { if verdict == .unproved { ask(failures: 0) } }

    private func ask(failures: Int) {
        store.create(Self.object()) { [self] first in
            switch first {
            case .created, .same: store.create(Self.object("second\n")) { [self] second in conclude(second, failures) }
            // An earlier start of ours, or of another gateway, had its second bytes refused; or the first ones just now.
            case .different: conclude(first, failures)
            case .conflict, .unknown, .refused: conclude(first, failures)
            }
        }
    }

    private func conclude(_ outcome: CreateOutcome, _ failures: Int) {
        switch outcome {
        case .different: state.signal { $0 = .proved }
        case .created, .same:
            state.signal { $0 = .broken }
            log.critical(
                "the landing zone ignores create-only conditions (If-None-Match: *): strong streams are refused, and an available stream's segment may be written twice with the same bytes; use a store that keeps to them",
                metadata: ["zone": "\(zone)"])
        case .conflict: again(failures, "another create of the same name is under way")
        case .unknown(let failure), .refused(let failure): again(failures, failure.detail)
        }
    }

    private func again(_ failures: Int, _ detail: String) {
        let pause = min(Duration.milliseconds(200) * (1 << min(failures, 10)), .seconds(10))
        if failures == 0 {
            log.warning(
                "the landing zone could not be probed; strong streams wait until it can",
                metadata: ["zone": "\(zone)", "error": "\(detail)"])
        }
        timers.after(pause) { [weak self] in self?.ask(failures: failures + 1) }
    }
}
