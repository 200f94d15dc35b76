package import Files
import Journal
package import Logging
package import Model
import Payload

/// The gateway's own stream of facts. A fact is durable in the `_ledger` journal before its completion runs.
///
/// `_ledger` objects have no facts of their own (that would never end): their names and headers carry their ranges, and
/// a position line states how far the ledger itself goes.
package final class Ledger<FS: FileSystem, Time: TimeSource>: Sendable {
    private struct State {
        var batches: UInt64 = 0
        /// Given to `recordUntilDurable` and not durable yet.
        var unwritten = 0
        var encoder = BatchEncoder()
    }

    private let gateway: GatewayName
    private let incarnation: Incarnation
    package let writer: StreamWriter<FS, Time>
    private let time: Time
    private let timers: TimerQueue<Time>
    private let log: Logger
    private let state = Monitor(State())
    private let rules: StreamRules

    package init(
        gateway: GatewayName, incarnation: Incarnation, writer: StreamWriter<FS, Time>, time: Time,
        timers: TimerQueue<Time>, log: Logger
    ) {
        self.gateway = gateway
        self.incarnation = incarnation
        self.writer = writer
        self.time = time
        self.timers = timers
        self.log = log
        var rules = StreamRules()
        rules.eventID = "/fact_id"
        self.rules = rules
    }

    /// Writes the facts as one batch. The completion says whether they are durable.
    package func record(
        _ facts: [LedgerFact], claim: RoomClaim = .ordinary, completion: @escaping @Sendable (WriteFailure?) -> Void
    ) {
        record(facts, at: time.now(), claim: claim, completion: completion)
    }

    /// Writes positions as of now: the time is read first, so that what was acknowledged by then is below them. When
    /// that fails, the next ones say as much and more.
    package func recordPositions(_ positions: (Timestamp) -> [LedgerFact]) {
        record(positions, claim: .ordinary) { [log] failure in
            if let failure { log.warning("positions were not written", metadata: ["error": "\(failure)"]) }
        }
    }

    private func record(
        _ facts: (Timestamp) -> [LedgerFact], claim: RoomClaim,
        completion: @escaping @Sendable (WriteFailure?) -> Void
    ) {
        let now = time.now()
        let facts = facts(now)
        #if SLUICE_CANARIES
            if Canary.isOn(.positionTooLate), facts.contains(where: \.isPosition) {
                let late = Timestamp(microseconds: now.microseconds + 60_000_000)
                return record(facts, at: late, claim: claim, completion: completion)
            }
        #endif
        record(facts, at: now, claim: claim, completion: completion)
    }

    private func record(
        _ facts: [LedgerFact], at now: Timestamp, claim: RoomClaim,
        completion: @escaping @Sendable (WriteFailure?) -> Void
    ) {
        let lines = facts.map { $0.line(gateway: gateway, incarnation: incarnation, at: now) }
        let batch = state.withLock { state in
            state.batches += 1
            return encode(lines, key: "ledger/\(incarnation)/\(state.batches)", now: now, with: state.encoder)
        }
        writer.append(batch, claim: claim) { result in
            if case .failure(let failure) = result { completion(failure) } else { completion(nil) }
        }
    }

    /// Writes the facts, again and again until they are durable or the ledger stops: for what must not be lost.
    package func recordUntilDurable(
        _ facts: [LedgerFact], claim: RoomClaim = .urgent, completion: @escaping @Sendable () -> Void
    ) {
        recordUntilDurable({ _ in facts }, claim: claim, completion: completion)
    }

    /// The same; each time anew, as of then.
    package func recordUntilDurable(
        _ facts: @escaping @Sendable (Timestamp) -> [LedgerFact], claim: RoomClaim = .urgent,
        completion: @escaping @Sendable () -> Void
    ) {
        state.withLock { $0.unwritten += 1 }
        write(facts, claim: claim) { [state] in
            completion()
            state.signal { $0.unwritten -= 1 }
        }
    }

    /// Waits until all that was given to `recordUntilDurable` is durable.
    func waitUntilWritten(deadline: MonotonicInstant) {
        _ = state.wait(until: deadline) { $0.unwritten == 0 ? true : nil }
    }

    private func write(
        _ facts: @escaping @Sendable (Timestamp) -> [LedgerFact], claim: RoomClaim,
        completion: @escaping @Sendable () -> Void
    ) {
        record(facts, claim: claim) { [self] failure in
            switch failure {
            case nil: completion()
            case .stopping: return
            case .full, .failed:
                log.warning("the ledger could not be written; will try again", metadata: ["error": "\(failure!)"])
                timers.after(.seconds(1)) { [weak self] in
                    self?.write(facts, claim: claim, completion: completion)
                }
            }
        }
    }

    private func encode(_ lines: [String], key: String, now: Timestamp, with encoder: BatchEncoder) -> EncodedBatch {
        let body = BodyBuffer(capacity: lines.reduce(0) { $0 + $1.utf8.count + 1 })
        for line in lines {
            var text = line + "\n"
            text.withUTF8 { body.append(UnsafeRawBufferPointer($0)) }
        }
        let identity = BatchIdentity(producer: gateway.rawValue, key: key, fingerprint: PayloadFingerprint(of: body))
        do {
            let processed = try encoder.encode(body, format: .ndjson, rules: rules, identity: identity, receivedAt: now)
            precondition(processed.rejects.isEmpty, "the ledger wrote a line that it would refuse")
            return processed.batch
        } catch {
            preconditionFailure("the ledger wrote a batch that it would refuse: \(error)")
        }
    }
}
