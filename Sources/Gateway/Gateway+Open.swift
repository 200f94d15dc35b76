import Files
package import Journal
import Landing
package import Logging
package import Model
import Payload
package import Telemetry

extension Gateway {
    /// Recovers the journal, hands what is sealed to the landing zone, and starts taking batches.
    ///
    /// Blocks until recovered. Throws only when the journal directory can't be used at all, or is held by another
    /// process; damage inside is set aside, named in the log and the ledger, and the rest goes on.
    /// - Parameters:
    ///   - stores: one for each zone that the configuration names.
    ///   - observer: is told of every change of a landing zone's mode.
    ///   - steps: runs the gateway without threads, in simulation; `nil`, the default, in production.
    package static func open(
        _ configuration: GatewayConfiguration, files: FS, stores: [ZoneName: Store], time: Time,
        incarnation: Incarnation,
        workers: WorkerPool, telemetry: Telemetry = Telemetry(), log: Logger,
        observer: @escaping @Sendable (ZoneChange) -> Void = { _ in }, steps: (any StepExecution)? = nil
    ) throws(JournalError) -> Gateway {
        #if SLUICE_CANARIES
            let incarnation = Canary.isOn(.reuseIncarnation) ? Incarnation(rawValue: 1) : incarnation
        #endif
        let journal = try Journal<FS>(
            files: files, directory: configuration.journalDirectory, configuration: configuration.journal,
            gateway: configuration.name, incarnation: incarnation)
        let timers = TimerQueue(time: time, steps: steps)
        let budget = Monitor(
            JournalBudget(
                total: configuration.journalBudgetBytes,
                shares: Dictionary(uniqueKeysWithValues: configuration.streams.map { ($0.name, $0.share) })))
        let reserve = DiskReserve(
            files: files, directory: configuration.journalDirectory, bytes: configuration.journalReserveBytes)
        let opener = StreamOpener<FS, Store, Time>(
            journal: journal, configuration: configuration, incarnation: incarnation, time: time, timers: timers,
            reserve: reserve, budget: budget, steps: steps, telemetry: telemetry, log: log,
            zones: LateBound<ZoneTable<FS, Store, Time>>())
        let ledgerOpened = try opener.open(ownStream(.ledger, configuration))
        let ledger = Ledger(
            gateway: configuration.name, incarnation: incarnation, writer: ledgerOpened.stream.writer, time: time,
            timers: timers, log: log)
        let lateTrail = LateBound<Trail<FS, Time>>()
        let lateGateway = LateBound<Gateway>()
        let zones = ZoneTable(
            // In one order, so that a seed that makes their files fail fails the same.
            try stores.sorted { $0.key < $1.key }.map { (name, store) throws(JournalError) in
                let link: ZoneLink<FS, Store, Time>
                do throws(FileError) {
                    link = try ZoneLink(
                        name, configuration.partition, store: store,
                        file: OverrideFile(name, files: files, journal: configuration.journalDirectory), time: time,
                        timers: timers, log: log
                    ) { change in
                        if let entry = TrailEntry(change) { lateTrail.value?.record(entry) { _ in } }
                        observer(change)
                    }
                } catch {
                    throw JournalError(.failed, "what operators said of zone \(name) can't be read", error)
                }
                let lander = Lander<FS, Store, Time>(
                    configuration.landing, store: store, link: link, time: time, timers: timers,
                    jitter: { steps?.jitter() ?? Double.random(in: 0...1) }, telemetry: telemetry, log: log
                ) { segment, stream, completion in
                    guard stream != .ledger else { return completion() }
                    ledger.recordUntilDurable(
                        [.objectLanded(.init(segment, stream, name))], claim: .makesRoom, completion: completion)
                } salvager: { segment, writer in
                    lateGateway.value?.salvage(segment, writer)
                }
                return Zone(name, store: store, lander: lander, link: link, timers: timers, log: log)
            })
        opener.zones.bind(zones)
        opener.ledger.bind(ledger)
        var opened = [ledgerOpened, try opener.open(ownStream(.quarantine, configuration))]
        let quarantine = opened[1].stream
        // Its keys tell at start whether the last line is in the journal: they are kept as long as a gateway may stand still.
        opened.append(try opener.open(ownStream(.trail, configuration), window: .seconds(400 * 86_400)))
        let trail = Trail(
            gateway: configuration.name, incarnation: incarnation, stream: opened[2].stream, files: files,
            directory: configuration.journalDirectory, time: time, timers: timers, telemetry: telemetry, log: log,
            steps: steps)
        lateTrail.bind(trail)
        var available: [StreamName: AvailableStream<FS, Time>] = [:]
        var strong: [StreamName: StrongStream<FS, Store, Time>] = [:]
        for stream in configuration.streams {
            switch stream.consistency {
            case .available:
                opened.append(try opener.open(stream))
                available[stream.name] = opened.last!.stream
            case .strong:
                strong[stream.name] = StrongStream(
                    configuration: stream, gateway: configuration.name, incarnation: incarnation,
                    zone: zones[stream.zone], ledger: ledger, time: time, timers: timers,
                    window: configuration.strongIdempotencyWindow)
            }
        }
        // Streams that are no longer in the settings, or are strong now: what their journals hold must land all the same.
        var orphans: [AvailableStream<FS, Time>] = []
        for name in try journal.streams() where !opened.contains(where: { $0.stream.configuration.name == name }) {
            opened.append(
                try opener.open(ownStream(name, configuration)))
            orphans.append(opened.last!.stream)
        }
        let gateway = Gateway(
            GatewayParts(
                configuration: configuration, incarnation: incarnation, time: time, log: log, journal: journal,
                workers: workers, timers: timers, available: available, strong: strong, quarantine: quarantine,
                orphans: orphans, ledger: ledger, reserve: opener.reserve, trail: trail, telemetry: telemetry,
                zones: zones, budget: budget))
        lateGateway.bind(gateway)
        let beginning = gateway.markBeginning()
        let lives = EarlierLives(
            left: Set(opened.flatMap(\.report.ends.keys)), unread: Set(opened.flatMap(\.report.unread)))
        let found = opened.flatMap { gateway.facts(of: $0, lives) }
        for stream in opened { gateway.beginRescues(of: stream) }
        let openedFact = LedgerFact.incarnationOpened(version: configuration.version, at: beginning)
        gateway.beginStating([openedFact] + found) { [weak gateway, opened] in
            for stream in opened {
                gateway?.endRescues(of: stream)
                stream.stream.writer.beginForgetting(untold: lives.unread)
            }
            gateway?.resumeLastSegments(of: ledgerOpened)
        }
        gateway.resumeAllButLastSegments(of: ledgerOpened)
        for stream in opened.dropFirst() { gateway.resume(stream) }
        telemetry.addSource { [weak gateway] in gateway?.samples() ?? [] }
        for zone in zones.all { zone.start() }
        return gateway
    }

    /// A stream that takes no batches from outside; it lands where the gateway's own streams do.
    private static func ownStream(_ name: StreamName, _ configuration: GatewayConfiguration) -> StreamConfiguration {
        StreamConfiguration(name: name, consistency: .available, rules: StreamRules(), zone: configuration.ownZone)
    }

    /// Lives of which any stream has something left, and those with files that this version can't read: nobody can say that
    /// these have ended.
    private struct EarlierLives {
        var left: Set<Incarnation>
        var unread: Set<Incarnation>
    }

    /// What recovery found, for the ledger and for the log.
    private func facts(of opened: OpenedStream<FS, Time>, _ lives: EarlierLives) -> [LedgerFact] {
        let name = opened.stream.configuration.name
        let report = opened.report
        let zone = opened.stream.configuration.zone
        for (file, reason) in report.refused {
            log.error("a file in the journal was left alone", metadata: ["file": "\(file)", "reason": "\(reason)"])
        }
        if report.tornBytes > 0 {
            log.info(
                "cut incomplete blocks, never acknowledged, from the tail of the last life's journal",
                metadata: ["stream": "\(name)", "bytes": "\(report.tornBytes)"])
        }
        if report.events > 0 {
            log.info(
                "recovered",
                metadata: ["stream": "\(name)", "events": "\(report.events)", "segments": "\(report.sealed.count)"])
        }
        var facts = report.damages.map { damaged(name, $0) } + report.keyDamages.compactMap { damaged(name, $0) }
        // A life that left nothing has ended too; its ledger's keys are what is left of it.
        var ends = name == .ledger ? report.ends.merging(report.retired.ends) { here, _ in here } : report.ends
        // That a stream has nothing left must be said as well: the end of its journal may have been damaged, or there never was
        // any of it.
        for incarnation in lives.left where ends[incarnation] == nil {
            ends[incarnation] = report.retired.ends[incarnation] ?? 0
        }
        let ended = ends.filter { !lives.unread.contains($0.key) }
        for (incarnation, next) in ended.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            facts.append(
                .incarnationEnded(stream: name, incarnation: incarnation, nextSequence: next, how: "recovered"))
        }
        if name != .ledger {
            facts += report.sealed.lazy.filter { !$0.range.isEmpty }.map { .segmentSealed(.init($0, name, zone)) }
        }
        return facts
    }

    /// A fact unless the bytes are a tail: then a crash explains them, and nothing need be lost.
    private func damaged(_ stream: StreamName, _ damage: KeyDamage) -> LedgerFact? {
        log.log(
            level: damage.isTail ? .warning : .critical, "a key log can't be read everywhere",
            metadata: ["stream": "\(stream)", "file": "\(damage.file)", "reason": "\(damage)"])
        if damage.isTail { return nil }
        return .keysDamaged(
            stream: stream, file: damage.file, offset: damage.offset, bytes: damage.bytes,
            batchesMax: damage.batchesMax)
    }
}
