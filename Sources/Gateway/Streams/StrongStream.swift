package import Files
package import Landing
import Logging
package import Model
package import Payload

/// A stream that is acknowledged only once its batch is an object in the landing zone. Nothing is kept here.
///
/// One batch is one create-only object named by its key, so a batch is one object over all gateways of all regions.
package final class StrongStream<FS: FileSystem, Store: ObjectStore, Time: TimeSource>: Sendable {
    package typealias Completion = @Sendable (BatchOutcome) -> Void

    package let configuration: StreamConfiguration
    private let gateway: GatewayName
    private let incarnation: Incarnation
    private let zone: Zone<FS, Store, Time>
    private let ledger: Ledger<FS, Time>
    private let time: Time
    private let timers: TimerQueue<Time>
    private let window: Duration
    /// Keys being landed now; a second request with the same key waits for the first's outcome.
    private let inFlight: Monitor<DedupIndex>
    /// Comparing with what is there may take as long again as creating, and the ledger may wait for its disk.
    private let waiting: DeadlineKeeper<BatchOutcome, Time>

    package init(
        configuration: StreamConfiguration, gateway: GatewayName, incarnation: Incarnation,
        zone: Zone<FS, Store, Time>, ledger: Ledger<FS, Time>, time: Time, timers: TimerQueue<Time>, window: Duration
    ) {
        self.configuration = configuration
        self.gateway = gateway
        self.incarnation = incarnation
        self.zone = zone
        self.ledger = ledger
        self.time = time
        self.timers = timers
        self.window = window
        inFlight = Monitor(DedupIndex(window: .zero, maxBatches: 1))
        waiting = DeadlineKeeper(
            late: .refused(
                .landingUnavailable(
                    detail: "no answer in time; whether the batch has landed is not known yet", retryAfter: .seconds(5))
            ),
            time: time, timers: timers)
    }

    /// One batch on its way.
    private struct Attempt: Sendable {
        var object: NewObject
        var entry: BatchEntry
        var identity: BatchIdentity
        var deadline: MonotonicInstant
        var tries = 0
        /// A try was sent, so that the batch may have landed, whatever was heard of it.
        var wasSent = false
        var completion: Completion
    }

    /// Batches that are being landed.
    var underWay: Int { inFlight.withLock { $0.underWay } }

    /// Forgets who waits, as the death of a process does.
    func abandon() {
        waiting.abandon()
        _ = inFlight.withLock { $0.abandon() }
    }

    /// While the zone is partitioned nothing is even tried.
    package var refusalAtOnce: Refusal? {
        #if SLUICE_CANARIES
            if Canary.isOn(.strongWhilePartitioned) || Canary.isOn(.keepWhenPartitioned) { return nil }
        #endif
        guard zone.link.effective == .partitioned else { return nil }
        return .partitioned(zone: zone.name, detail: zone.link.explanation, retryAfter: zone.link.retryAfter)
    }

    /// Lands the batch, or refuses, and answers within the deadline. A refusal means "outcome unknown": the same key resolves it,
    /// also while the zone is still being asked.
    package func land(
        _ batch: EncodedBatch, _ identity: BatchIdentity, deadline: MonotonicInstant, completion: @escaping Completion
    ) {
        let completion = waiting.until(deadline, completion)
        let verdict = inFlight.withLock { index in
            index.begin(identity.digest, identity.fingerprint) { completion($0.asReplay) }
        }
        switch verdict {
        case .fresh: break
        case .waiting: return
        case .busy: return completion(.refused(.batchInFlight(retryAfter: .seconds(1))))
        case .conflict, .replay: preconditionFailure("a strong stream remembers only what is on its way")
        }
        let bytes = BlockBuilder.keyedObject(
            batch, gateway: gateway, incarnation: incarnation, stream: configuration.name)
        let object = NewObject(
            name: KeyedObject.name(stream: configuration.name, identity: identity), body: .bytes(bytes),
            length: Int64(bytes.count), sha256: SHA256.hash(bytes),
            notes: [("gateway", "\(gateway)"), ("events", "\(batch.entry.accepted)")])
        attempt(
            Attempt(object: object, entry: batch.entry, identity: identity, deadline: deadline) { [self] outcome in
                let waiters = inFlight.signal { $0.abort(identity.digest) }
                completion(outcome)
                for waiter in waiters { waiter(outcome) }
            })
    }

    /// Waits until nothing is being landed any more, also of what was answered at its deadline; whether that is so.
    func waitUntilIdle(deadline: MonotonicInstant) -> Bool {
        inFlight.wait(until: deadline) { $0.underWay == 0 ? true : nil } ?? false
    }

    /// Asks the landing zone for the batch of that key, within the deadline.
    package func find(_ identity: BatchIdentity, deadline: MonotonicInstant, completion: @escaping Completion) {
        if case .inFlight = inFlight.withLock({ $0.find(identity.digest) }) {
            return completion(.refused(.batchInFlight(retryAfter: .seconds(1))))
        }
        guard zone.link.effective != .partitioned else {
            return completion(
                .refused(
                    .landingUnavailable(
                        detail: "landing zone \(zone.name) is cut off \(zone.link.explanation)",
                        retryAfter: zone.link.retryAfter)))
        }
        let answer = waiting.until(min(deadline, time.monotonic() + .seconds(10)), completion)
        let name = KeyedObject.name(stream: configuration.name, identity: identity)
        zone.store.readPrefix(name, count: BlockHeader.maxEncodedBytes) { [self] outcome in
            switch outcome {
            case .absent: answer(.refused(.unknownBatch(window: window)))
            case .failed(let failure):
                let pause = max(failure.retryAfter ?? .seconds(5), .seconds(1))
                answer(.refused(.landingUnavailable(detail: failure.detail, retryAfter: pause)))
            case .bytes(let bytes):
                guard let header = try? Block.readHeader(bytes), header.stream == configuration.name,
                    let entry = header.entries.first, entry.digest == identity.digest
                else {
                    return answer(
                        .refused(
                            .landingUnavailable(
                                detail: "\(name) is not an object of a gateway", retryAfter: .seconds(60))))
                }
                answer(.receipt(receipt(of: entry, identity, replayed: true, object: name)))
            }
        }
    }

    private func attempt(_ attempt: Attempt) {
        if let refusal = refusalAtOnce {
            #if SLUICE_CANARIES
                if Canary.isOn(.sentAsUnkept) { return attempt.completion(.refused(refusal)) }
            #endif
            guard attempt.wasSent else { return attempt.completion(.refused(refusal)) }
            let detail = "landing zone \(zone.name) is cut off by now; whether an earlier try has landed is not known"
            return refuse(attempt, detail, zone.link.retryAfter)
        }
        switch zone.createOnly.verdict {
        case .proved: break
        case .unproved: return again(attempt, "the landing zone has not yet shown that it creates only")
        case .broken:
            return refuse(attempt, "the landing zone ignores create-only conditions, which this stream rests on", nil)
        }
        var attempt = attempt
        attempt.wasSent = true
        // Nobody waits for longer; and what is sent is held in memory.
        var object = attempt.object
        object.patience = max(attempt.deadline - time.monotonic(), .seconds(1))
        #if SLUICE_CANARIES
            if Canary.isOn(.answerLate) { object.patience = nil }
            if Canary.isOn(.refuseWithoutReason), attempt.entry.digest.low % 16 == 0 {
                return refuse(attempt, "no reason", nil)
            }
            if Canary.isOn(.keepWhenPartitioned), zone.link.effective == .partitioned {
                zone.store.create(object) { _ in }
                return attempt.completion(
                    .refused(.partitioned(zone: zone.name, detail: "kept", retryAfter: .seconds(5))))
            }
        #endif
        let sent = time.monotonic()
        zone.store.create(object) { [self, attempt] outcome in
            zone.link.heard(outcome, sent: sent)
            switch outcome {
            case .created, .same: record(attempt, attempt.entry, replayed: false)
            case .different:
                #if SLUICE_CANARIES
                    if Canary.isOn(.overwriteTaken) {
                        var again = attempt
                        again.object.overwrites = true
                        return self.attempt(again)
                    }
                #endif
                resolve(attempt)
            case .conflict: again(attempt, "another request is creating the same object")
            case .unknown(let failure):
                #if SLUICE_CANARIES
                    if Canary.isOn(.strongOnUnknown) { return record(attempt, attempt.entry, replayed: false) }
                #endif
                again(attempt, failure.detail)
            case .refused(let failure): refuse(attempt, failure.detail, failure.retryAfter)
            }
        }
    }

    /// The key is taken: by this batch, landed earlier or by another gateway, or by another body under the same key.
    private func resolve(_ attempt: Attempt) {
        guard time.monotonic() < attempt.deadline else {
            return refuse(attempt, "the key is taken, and there was no time to see by what", nil)
        }
        zone.store.readPrefix(attempt.object.name, count: BlockHeader.maxEncodedBytes) { [self] outcome in
            switch outcome {
            case .absent: again(attempt, "the object vanished while it was compared")
            case .failed(let failure): again(attempt, failure.detail)
            case .bytes(let bytes):
                guard let header = try? Block.readHeader(bytes), let entry = header.entries.first else {
                    return refuse(attempt, "\(attempt.object.name) is not an object of a gateway", nil)
                }
                guard entry.digest == attempt.entry.digest, entry.fingerprint == attempt.entry.fingerprint else {
                    return attempt.completion(.refused(.keyReused(batchKey: attempt.identity.key)))
                }
                record(attempt, entry, replayed: true)
            }
        }
    }

    /// The object exists: write that into the ledger, then say so.
    private func record(_ attempt: Attempt, _ entry: BatchEntry, replayed: Bool) {
        let fact = LedgerFact.batchLanded(
            stream: configuration.name, zone: zone.name, object: attempt.object.name, batchKey: attempt.identity.key,
            producer: attempt.identity.producer, events: Int(entry.accepted))
        ledger.record([fact]) { [self] failure in
            if let failure { return attempt.completion(.refused(Refusal(failure))) }
            attempt.completion(
                .receipt(receipt(of: entry, attempt.identity, replayed: replayed, object: attempt.object.name)))
        }
    }

    private func receipt(
        of entry: BatchEntry, _ identity: BatchIdentity, replayed: Bool, object: String
    ) -> Receipt {
        var object: String? = object
        #if SLUICE_CANARIES
            if Canary.isOn(.forgetObjectName) { object = nil }
        #endif
        return Receipt(
            stream: configuration.name, batchKey: identity.key, durability: .landed, replayed: replayed,
            received: Int(entry.accepted), accepted: Int(entry.accepted), sequence: nil, rejected: [],
            idempotencyWindow: window, object: object)
    }

    /// Tries again with the same bytes, while the producer still waits.
    private func again(_ attempt: Attempt, _ detail: String) {
        var next = attempt
        next.tries += 1
        let pause = min(Duration.milliseconds(50) * (1 << min(attempt.tries, 6)), .seconds(2))
        let retry = next
        guard time.monotonic() + pause < attempt.deadline else { return refuse(attempt, detail, nil) }
        timers.after(pause) { [weak self] in self?.attempt(retry) }
    }

    private func refuse(_ attempt: Attempt, _ detail: String, _ retryAfter: Duration?) {
        attempt.completion(
            .refused(.landingUnavailable(detail: detail, retryAfter: max(retryAfter ?? .seconds(5), .seconds(1)))))
    }
}
