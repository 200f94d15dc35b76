import Files
import Journal
import Landing
package import Model
import Payload
import Telemetry

extension Gateway: ControlPlaneIntake {
    package func status() -> GatewayStatus {
        let waiting = sealedWaiting
        let running = phase.withLock { $0 }
        return GatewayStatus(
            gateway: configuration.name, incarnation: incarnation, version: configuration.version, startedAt: startedAt,
            now: time.now(), readiness: readiness(), inFlightBytes: admission.bytesInFlight, requests: running.requests,
            streams: streams(waiting), zones: zones.all.map { standing(of: $0, waiting) },
            freeBytes: reserve.freeBytes)
    }

    package func segments(of only: StreamName?, limit: Int) -> [SegmentStatus] {
        let waiting = sealedWaiting
        var list: [SegmentStatus] = []
        for writer in writers.sorted(by: { $0.stream < $1.stream }) where only == nil || writer.stream == only {
            for segment in waiting[writer.stream] ?? [] {
                list.append(
                    SegmentStatus(
                        stream: writer.stream, state: .sealed, incarnation: segment.incarnation,
                        object: segment.objectName, backlog: Backlog(segment), range: segment.range,
                        sha256: hexText(segment.sha256)))
            }
            if let open = writer.open {
                list.append(
                    SegmentStatus(
                        stream: writer.stream, state: .open, incarnation: incarnation, object: nil, backlog: open,
                        range: nil, sha256: nil))
            }
        }
        return Array(list.prefix(limit))
    }

    package func recentTrail() -> [String] { trail.recent }

    package func record(_ entry: TrailEntry, completion: @escaping @Sendable (WriteFailure?) -> Void) {
        trail.record(entry, completion: completion)
    }

    package func steer(
        _ zone: ZoneName, to mode: PartitionControl.Override, by actor: TrailActor, reason: String,
        completion: @escaping @Sendable (Result<ZoneStanding, SteeringRefusal>) -> Void
    ) {
        do throws(FileError) {
            guard try override(zone, mode, by: actor.name, reason: reason) else {
                return completion(.failure(.unknownZone))
            }
        } catch { return completion(.failure(.notSaved(error.description))) }
        completion(.success(standing(of: zones[zone], sealedWaiting)))
    }

    // MARK: Parts

    /// Every writer of a journal.
    var writers: [StreamWriter<FS, Time>] {
        available.values.map(\.writer) + orphans.map(\.writer)
            + [quarantine.writer, trail.stream.writer, ledger.writer]
    }

    private var sealedWaiting: [StreamName: [SealedSegment]] {
        zones.all.reduce(into: [:]) { result, zone in result.merge(zone.lander.waiting) { $0 + $1 } }
    }

    private func backlog(_ writer: StreamWriter<FS, Time>, _ waiting: [StreamName: [SealedSegment]]) -> Backlog {
        (waiting[writer.stream] ?? []).map(Backlog.init).reduce(writer.open ?? Backlog(), +)
    }

    private func streams(_ waiting: [StreamName: [SealedSegment]]) -> [GatewayStatus.Stream] {
        let now = time.now()
        let own = [quarantine, trail.stream]
        let journaled = available.values.map { ($0, true) } + (orphans + own).map { ($0, false) }
        var list = journaled.map { stream, takesBatches in
            let (window, count) = stream.dedup.withLock { ($0.window(now: now), $0.count) }
            return GatewayStatus.Stream(
                name: stream.configuration.name, consistency: .available, zone: stream.configuration.zone,
                takesBatches: takesBatches, eventsJournaled: stream.writer.durableNext,
                backlog: backlog(stream.writer, waiting),
                stopped: zones[stream.configuration.zone].lander.isStopped(stream.configuration.name),
                idempotencyWindow: window, batchesRemembered: count)
        }
        list += strong.values.map { stream in
            GatewayStatus.Stream(
                name: stream.configuration.name, consistency: .strong, zone: stream.configuration.zone,
                takesBatches: true, eventsJournaled: 0, backlog: Backlog(), stopped: false,
                idempotencyWindow: configuration.strongIdempotencyWindow, batchesRemembered: 0)
        }
        list.append(
            GatewayStatus.Stream(
                name: .ledger, consistency: .available, zone: configuration.ownZone, takesBatches: false,
                eventsJournaled: ledger.writer.durableNext, backlog: backlog(ledger.writer, waiting),
                stopped: zones[configuration.ownZone].lander.isStopped(.ledger),
                idempotencyWindow: configuration.idempotencyWindow, batchesRemembered: 0))
        return list.sorted { $0.name < $1.name }
    }

    private func standing(
        of zone: Zone<FS, Store, Time>, _ waiting: [StreamName: [SealedSegment]]
    ) -> ZoneStanding {
        let here = writers.filter { self.zone(of: $0.stream) == zone.name }
        let streams =
            here.map(\.stream) + strong.values.filter { $0.configuration.zone == zone.name }.map(\.configuration.name)
        return ZoneStanding(
            zone.link.status, createOnly: "\(zone.createOnly.verdict)", streams: streams.sorted(),
            backlog: here.map { backlog($0, waiting) }.reduce(Backlog(), +))
    }

    private func zone(of stream: StreamName) -> ZoneName {
        available[stream]?.configuration.zone
            ?? orphans.first { $0.configuration.name == stream }?.configuration.zone ?? configuration.ownZone
    }

    /// Gauges, read when they are asked for.
    func samples() -> [Sample] {
        let status = status()
        var samples = [
            Sample(.buildInfo, [status.version, status.gateway.rawValue], 1),
            Sample(.inFlightBytes, [], Double(status.inFlightBytes)),
        ]
        for stream in status.streams where stream.consistency == .available {
            let label = [stream.name.rawValue]
            let age = stream.backlog.oldest.map { max(0, status.now.microseconds - $0.microseconds) } ?? 0
            samples += [
                Sample(.backlogEvents, label, Double(stream.backlog.events)),
                Sample(.backlogBytes, label, Double(stream.backlog.bytes)),
                Sample(.backlogSegments, label, Double(stream.backlog.segments)),
                Sample(.oldestUnlanded, label, Double(age) / 1e6),
                Sample(.streamStopped, label, stream.stopped ? 1 : 0),
            ]
        }
        for zone in status.zones {
            samples += PartitionControl.State.allCases.map {
                Sample(.zoneState, [zone.name.rawValue, $0.rawValue], zone.state == $0 ? 1 : 0)
            }
        }
        return samples
    }
}
