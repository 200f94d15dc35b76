import Files
import Journal
import Landing
import Logging
import Model
import Telemetry

/// A stream whose journal is recovered and whose writer runs.
struct OpenedStream<FS: FileSystem, Time: TimeSource> {
    let stream: AvailableStream<FS, Time>
    let report: RecoveryReport
}

/// Opens journals and starts their writers.
struct StreamOpener<FS: FileSystem, Store: ObjectStore, Time: TimeSource> {
    let journal: Journal<FS>
    let configuration: GatewayConfiguration
    let incarnation: Incarnation
    let time: Time
    let timers: TimerQueue<Time>
    /// Intake leaves this much free; the ledger half of it, and its urgent facts a quarter.
    let reserve: DiskReserve<FS>
    let budget: Monitor<JournalBudget>
    /// `nil` in production.
    let steps: (any StepExecution)?
    let telemetry: Telemetry
    let log: Logger
    /// Bound once the parts that need the first writer exist.
    let zones: LateBound<ZoneTable<FS, Store, Time>>
    let ledger = LateBound<Ledger<FS, Time>>()

    /// - Parameters:
    ///   - window: how long its batches are recognised; nil: as configured.
    func open(_ stream: StreamConfiguration, window: Duration? = nil) throws(JournalError) -> OpenedStream<FS, Time> {
        let window = window ?? configuration.idempotencyWindow
        var own = configuration.journal
        own.idempotencyWindow = window
        var dedup = DedupIndex(window: window, maxBatches: configuration.idempotencyMaxBatches)
        let (core, report) = try journal.open(stream.name, configuration: own, now: time.now()) {
            entry, incarnation, first in
            #if SLUICE_CANARIES
                if Canary.isOn(.forgetKeysAtRestart) { return }
            #endif
            dedup.insert(entry, incarnation: incarnation, first: first)
        }
        dedup.expire(now: time.now())
        #if SLUICE_CANARIES
            if Canary.isOn(.forgetBeforeTold) { core.beginForgetting(now: time.now()) }
        #endif
        var index = LandedIndex(window: window, nameless: report.retired)
        for segment in report.landed { index.add(segment, now: time.now()) }
        let late = LateBound<StreamWriter<FS, Time>>()
        let landing = StreamLanding(incarnation: incarnation, index: index, writer: late, time: time, timers: timers)
        landing.inherit(report.sealed + report.damagedSealed)
        let writer = StreamWriter(
            stream: stream.name, journal: core, time: time,
            reserve: stream.name == .ledger ? reserve.half : reserve, steps: steps,
            commits: telemetry.histogram(.commitDuration, [stream.name.rawValue]),
            onHeld: { [budget, time] bytes in
                budget.withLock { $0.holds(stream.name, bytes, now: time.monotonic()) }
            },
            onAppendFailed: { [log] error in
                log.error(
                    "the journal can't take a batch; it is refused, and may be sent again",
                    metadata: ["stream": "\(stream.name)", "error": "\(error)"])
            }
        ) { [zones, ledger] segment in
            landing.sealed(segment)
            if stream.name != .ledger, !segment.range.isEmpty {
                ledger.value?.recordUntilDurable([.segmentSealed(.init(segment, stream.name, stream.zone))]) {}
            }
            if let writer = late.value { zones.value?[stream.zone].lander.add(segment, writer: writer) }
        } onSealFailed: { [log] error in
            log.error(
                "a segment can't be sealed, and so does not land; will try again",
                metadata: ["stream": "\(stream.name)", "error": "\(error)"])
        } onRetired: {
            landing.retired($0)
        }
        late.bind(writer)
        return OpenedStream(
            stream: AvailableStream(configuration: stream, writer: writer, dedup: dedup, landing: landing),
            report: report)
    }
}

extension LedgerFact.Segment {
    init(_ segment: SealedSegment, _ stream: StreamName, _ zone: ZoneName) {
        self.init(
            stream: stream, zone: zone, incarnation: segment.incarnation, object: segment.objectName,
            range: segment.range,
            batches: segment.batches, bytes: segment.length, sha256: hexText(segment.sha256),
            receivedFirst: segment.received.lowerBound, receivedLast: segment.received.upperBound,
            eventTimes: segment.eventTimes)
    }
}
