package import Files
import Journal
package import Landing
import Logging
package import Model
import Payload
import Telemetry

/// One region's gateway between the door and the landing zone: takes batches, makes them durable, lands them.
///
/// Completions run on the journal's or the landing zone's threads; they must be short.
package final class Gateway<FS: FileSystem, Store: ObjectStore, Time: TimeSource>: Intake {
    package enum Phase: Sendable { case running, stopping, stopped }

    package let configuration: GatewayConfiguration
    package let incarnation: Incarnation
    package let startedAt: Timestamp
    let time: Time
    let log: Logger
    /// Held for its lock: no other process may write this journal while the gateway lives.
    let journal: Journal<FS>
    let admission: Admission
    let workers: WorkerPool
    let timers: TimerQueue<Time>
    let encoders = EncoderPool()
    let available: [StreamName: AvailableStream<FS, Time>]
    /// All that have positions, in a fixed order: the same life writes the same ledger.
    let takingStreams: [AvailableStream<FS, Time>]
    let strong: [StreamName: StrongStream<FS, Store, Time>]
    let quarantine: AvailableStream<FS, Time>
    let orphans: [AvailableStream<FS, Time>]
    let ledger: Ledger<FS, Time>
    let reserve: DiskReserve<FS>
    let trail: Trail<FS, Time>
    let telemetry: Telemetry
    let zones: ZoneTable<FS, Store, Time>
    let budget: Monitor<JournalBudget>
    let phase = Monitor(Running())
    /// What each stream takes now; see ``adopt(_:)``.
    private let doors: Monitor<[StreamName: StreamConfiguration]>

    struct Running {
        var phase = Phase.running
        var requests = 0
    }

    init(_ parts: GatewayParts<FS, Store, Time>) {
        configuration = parts.configuration
        incarnation = parts.incarnation
        doors = Monitor(Dictionary(uniqueKeysWithValues: parts.configuration.streams.map { ($0.name, $0) }))
        time = parts.time
        log = parts.log
        admission = Admission(limit: parts.configuration.maxInFlightBytes)
        journal = parts.journal
        workers = parts.workers
        timers = parts.timers
        available = parts.available
        takingStreams =
            parts.available.sorted { $0.key < $1.key }.map { $0.value } + [parts.quarantine, parts.trail.stream]
        strong = parts.strong
        quarantine = parts.quarantine
        orphans = parts.orphans
        ledger = parts.ledger
        reserve = parts.reserve
        trail = parts.trail
        telemetry = parts.telemetry
        zones = parts.zones
        budget = parts.budget
        startedAt = parts.time.now()
    }

    // MARK: Intake

    package func stream(named name: StreamName) -> StreamDoor? {
        configuration(of: name).map {
            StreamDoor(maxBodyBytes: $0.maxBodyBytes, consistency: $0.consistency)
        }
    }

    package func admit(
        bytes: Int, granted: @escaping @Sendable (any AdmissionTicket) -> Void
    ) -> any AdmissionRequest {
        admission.admit(bytes: bytes, granted: granted)
    }

    package func submit(_ request: BatchRequest, completion: @escaping @Sendable (BatchOutcome) -> Void) {
        guard let stream = configuration(of: request.stream) else {
            return completion(.refused(.unknownStream(request.stream.rawValue)))
        }
        let taken = phase.withLock { running in
            guard running.phase == .running else { return false }
            running.requests += 1
            return true
        }
        guard taken else { return completion(.refused(.stopping(retryAfter: .seconds(5)))) }
        workers.run { [self] in
            process(request, stream) { [self] outcome in
                completion(outcome)
                phase.signal { $0.requests -= 1 }
            }
        }
    }

    package func readiness() -> Readiness {
        let running = phase.withLock { $0.phase } == .running
        var checks = [
            Readiness.Check(name: "accepting", ok: running, detail: running ? "yes" : "the gateway is stopping")
        ]
        for (name, stream) in available.sorted(by: { $0.key < $1.key }) {
            let stopped = zones[stream.configuration.zone].lander.isStopped(name)
            checks.append(
                .init(
                    name: "stream \(name)", ok: !stopped,
                    detail: stopped
                        ? "stopped: other bytes hold its landing object's name"
                        : "available; \(stream.writer.durableNext) events journaled by this incarnation; "
                            + (stream.landing.landedThrough().map { "landed through \($0)" }
                                ?? "an earlier life's events have not landed yet")))
        }
        for name in strong.keys.sorted() {
            checks.append(.init(name: "stream \(name)", ok: true, detail: "strong; acknowledged once landed"))
        }
        // A backlog is no reason to turn producers away: available streams go on without the landing zone.
        for status in zoneStatus {
            checks.append(
                .init(
                    name: "landing zone \(status.zone)", ok: true,
                    detail:
                        "\(status.state.rawValue) since \(status.since) (\(status.reason)); \(status.backlogSegments) sealed segments, \(status.backlogBytes) bytes not yet landed"
                ))
        }
        checks.append(journalsCheck)
        return Readiness(checks: checks)
    }

    /// A slow disk is no reason to turn producers away either: they wait, within the bound of what may be in flight.
    private var journalsCheck: Readiness.Check {
        if let stuck = writers.first(where: \.cannotSeal) {
            return .init(
                name: "journals", ok: true, isDegraded: true,
                detail: "a segment of \(stuck.stream) can't be sealed (the log says why), and so does not land")
        }
        let now = time.monotonic()
        let ages = writers.compactMap { writer in writer.workAge(now: now).map { (writer.stream, $0) } }
        guard let (stream, age) = ages.max(by: { $0.1 < $1.1 }), age > .seconds(1) else {
            return .init(name: "journals", ok: true, detail: "nothing takes long")
        }
        return .init(
            name: "journals", ok: true, isDegraded: true,
            detail:
                "the journal of \(stream) has been at one piece of work for \(age.components.seconds) s; acknowledgements wait for it"
        )
    }

    /// How each landing zone stands, by name.
    package var zoneStatus: [ZoneStatus] { zones.all.map { $0.link.status } }

    /// Sets an operator's override of a zone; durable and in force when it returns. False when there is no such zone.
    package func override(
        _ zone: ZoneName, _ override: PartitionControl.Override, by: String, reason: String
    ) throws(FileError) -> Bool {
        guard let zone = zones.all.first(where: { $0.name == zone }) else { return false }
        try zone.link.set(override, by: by, reason: reason)
        return true
    }

    /// Everything that this gateway acknowledged on an available stream up to this moment has landed; `nil` when an earlier
    /// life's events have not, or nothing is known yet. Cheap.
    package func landedThrough(_ stream: StreamName) -> Timestamp? { available[stream]?.landing.landedThrough() }

    private func configuration(of name: StreamName) -> StreamConfiguration? {
        doors.withLock { $0[name] }
    }

    /// Puts what the streams' batches may be (rules and sizes) in force for the batches that come from now on. Where and
    /// how a stream keeps its events stays as it was opened.
    package func adopt(_ streams: [StreamConfiguration]) {
        doors.withLock { doors in
            for stream in streams where doors[stream.name] != nil {
                doors[stream.name]!.rules = stream.rules
                doors[stream.name]!.maxBodyBytes = stream.maxBodyBytes
                if doors[stream.name]!.consistency == .strong {
                    doors[stream.name]!.rules.checkDuplicateMembers = true
                }
            }
        }
    }

    // MARK: A batch, on a worker

    private func process(
        _ request: BatchRequest, _ stream: StreamConfiguration, completion: @escaping @Sendable (BatchOutcome) -> Void
    ) {
        guard request.body.count > 0 else { return completion(.refused(.emptyBody)) }
        if let refusal = strong[stream.name]?.refusalAtOnce {
            #if SLUICE_CANARIES
                if Canary.isOn(.refuseLate) { return timers.after(.seconds(5)) { completion(.refused(refusal)) } }
            #endif
            return completion(.refused(refusal))
        }
        do {
            let body = try Decoder.decode(request.body, coding: request.coding, rules: stream.rules)
            let identity = BatchIdentity(
                stream: stream.name, producer: request.producer, idempotencyKey: request.idempotencyKey, body: body)
            if let available = available[stream.name] {
                take(request, body, identity, stream.rules, into: available, completion: completion)
            } else if let strong = strong[stream.name] {
                let processed = try encoders.with { encoder throws(PayloadError) in
                    try encoder.encode(
                        body, format: request.format, rules: stream.rules, identity: identity,
                        receivedAt: request.receivedAt)
                }
                guard processed.rejects.isEmpty else {
                    return completion(
                        .refused(
                            .invalidEvents(
                                received: processed.received, processed.rejects.map(Receipt.Rejection.init))))
                }
                strong.land(processed.batch, identity, deadline: request.deadline, completion: completion)
            }
        } catch {
            completion(.refused(Refusal(error)))
        }
    }

    private func take(
        _ request: BatchRequest, _ body: BodyBuffer, _ identity: BatchIdentity, _ rules: StreamRules,
        into stream: AvailableStream<FS, Time>, completion: @escaping @Sendable (BatchOutcome) -> Void
    ) {
        let receipts = receiptMaker(for: identity, in: stream)
        let wish = Wish(request)
        if zones[stream.configuration.zone].lander.isStopped(stream.configuration.name) {
            return completion(
                .refused(
                    .journalFailed(
                        detail: "the stream is stopped: its landing object's name holds other bytes",
                        retryAfter: .seconds(60))))
        }
        if wish.consistency == .strong, let refusal = refusalWhenCutOff(stream.configuration.zone),
            case .unknown = stream.dedup.withLock({ $0.find(identity.digest) })
        {
            return completion(.refused(refusal))
        }
        let verdict = stream.dedup.withLock { dedup in
            dedup.begin(identity.digest, identity.fingerprint) { [self] outcome in
                settle(outcome.asReplay, wish, identity, receipts, completion: completion)
            }
        }
        switch verdict {
        case .waiting: return
        case .conflict: return completion(.refused(.keyReused(batchKey: identity.key)))
        case .busy: return completion(.refused(.batchInFlight(retryAfter: .seconds(1))))
        case .replay(let record, let rejects):
            return settle(
                .receipt(receipts.replay(record, rejects)), wish, identity, receipts, completion: completion)
        case .fresh: break
        }
        let name = stream.configuration.name
        // Compressed, the batch needs less than its body.
        let room = Int64(body.count)
        guard budget.withLock({ $0.promise(room, to: name) }) else {
            return fail(.journalFull(retryAfter: retryAfter(room, stream)), identity, stream, completion)
        }
        let giveBack: @Sendable () -> Void = { [budget] in budget.withLock { $0.settle(name, promised: room) } }
        let failing: @Sendable (BatchOutcome) -> Void = { outcome in
            #if SLUICE_CANARIES
                if Canary.isOn(.keepRoom) { return completion(outcome) }
            #endif
            giveBack()
            completion(outcome)
        }
        #if SLUICE_CANARIES
            if Canary.isOn(.failWithoutReason), identity.digest.low % 16 == 0 {
                let refusal = Refusal.journalFailed(detail: "no reason", retryAfter: .seconds(5))
                return fail(refusal, identity, stream, failing)
            }
        #endif
        let processed: ProcessedBatch
        do {
            processed = try encoders.with { encoder throws(PayloadError) in
                try encoder.encode(
                    body, format: request.format, rules: rules, identity: identity,
                    receivedAt: request.receivedAt)
            }
        } catch {
            return fail(Refusal(error), identity, stream, failing)
        }
        quarantineRejects(of: processed, identity, body, stream.configuration.name, request) { [self] failure in
            if let failure { return fail(Refusal(failure), identity, stream, failing) }
            stream.writer.append(processed.batch) { [self] result in
                switch result {
                case .failure(let failure): fail(Refusal(failure), identity, stream, failing)
                case .success(let range):
                    let now = time.now()
                    let waiters = stream.dedup.withLock {
                        $0.finish(processed.batch.entry, incarnation: incarnation, first: range.first, now: now)
                    }
                    giveBack()
                    let outcome = BatchOutcome.receipt(receipts.fresh(processed, range, incarnation))
                    settle(outcome, wish, identity, receipts, completion: completion)
                    for waiter in waiters { waiter(outcome) }
                }
            }
        }
    }

    /// For a batch that finds no room: as long as making it takes at the rate of late, else as long as the zone is likely to
    /// stay away.
    private func retryAfter(_ bytes: Int64, _ stream: AvailableStream<FS, Time>) -> Duration {
        let name = stream.configuration.name
        return budget.withLock { $0.retryAfter(name, bytes, now: time.monotonic()) }
            ?? max(zones[stream.configuration.zone].link.retryAfter, .seconds(10))
    }

    /// Makes the refused events durable in `_quarantine` before the batch itself is, so that a receipt never lists an
    /// event that is kept nowhere. A retry finds them there and does not write them again.
    private func quarantineRejects(
        of processed: ProcessedBatch, _ identity: BatchIdentity, _ body: BodyBuffer, _ stream: StreamName,
        _ request: BatchRequest, completion: @escaping @Sendable (WriteFailure?) -> Void
    ) {
        guard !processed.rejects.isEmpty else { return completion(nil) }
        #if SLUICE_CANARIES
            if Canary.isOn(.forgetRefused) { return completion(nil) }
        #endif
        let batch = encoders.with { encoder in
            encoder.encodeQuarantine(
                processed, body: body, stream: stream, identity: identity, receivedAt: request.receivedAt)
        }
        #if SLUICE_CANARIES
            let mayBeThere = !Canary.isOn(.refusedAgain)
        #else
            let mayBeThere = true
        #endif
        if mayBeThere, quarantine.dedup.withLock({ $0.contains(batch.entry.digest) }) { return completion(nil) }
        quarantine.writer.append(batch) { [self] result in
            switch result {
            case .failure(let failure): completion(failure)
            case .success(let range):
                quarantine.dedup.withLock {
                    $0.insert(batch.entry, incarnation: incarnation, first: range.first)
                    $0.expire(now: time.now())
                }
                completion(nil)
            }
        }
    }

    private func fail(
        _ refusal: Refusal, _ identity: BatchIdentity, _ stream: AvailableStream<FS, Time>,
        _ completion: @Sendable (BatchOutcome) -> Void
    ) {
        let waiters = stream.dedup.withLock { $0.abort(identity.digest) }
        completion(.refused(refusal))
        for waiter in waiters { waiter(.refused(refusal)) }
    }
}
