import Access
import Gateway
import Model

extension StatusDocument {
    init(_ status: GatewayStatus) {
        self.init(
            gateway: status.gateway.rawValue, incarnation: status.incarnation.description, version: status.version,
            started_at: status.startedAt.description, now: status.now.description, ready: status.readiness.ready,
            checks: status.readiness.checks.map { Check(name: $0.name, ok: $0.ok, detail: $0.detail) },
            in_flight_bytes: status.inFlightBytes, requests: status.requests, free_bytes: status.freeBytes,
            streams: status.streams.map { StreamDocument($0, now: status.now) },
            zones: status.zones.map { ZoneDocument($0, now: status.now) })
    }
}

extension StreamDocument {
    init(_ stream: GatewayStatus.Stream, now: Timestamp) {
        self.init(
            name: stream.name.rawValue, consistency: stream.consistency.rawValue, zone: stream.zone.rawValue,
            takes_batches: stream.takesBatches, events_journaled: stream.eventsJournaled,
            backlog: BacklogDocument(stream.backlog, now: now), stopped: stream.stopped,
            idempotency_window_seconds: stream.idempotencyWindow.components.seconds,
            batches_remembered: stream.batchesRemembered)
    }
}

extension BacklogDocument {
    init(_ backlog: Backlog, now: Timestamp) {
        self.init(
            segments: backlog.segments, events: backlog.events, bytes: backlog.bytes,
            oldest: backlog.oldest?.description,
            oldest_age_seconds: backlog.oldest.map { Double(max(0, now.microseconds - $0.microseconds)) / 1e6 })
    }
}

extension ZoneDocument {
    init(_ zone: ZoneStanding, now: Timestamp) {
        self.init(
            name: zone.name.rawValue, state: zone.state.rawValue, observed: zone.observed.rawValue,
            mode: zone.mode.rawValue,
            since: zone.since.description, reason: zone.reason, last_failure: zone.lastFailure,
            create_only: zone.createOnly,
            streams: zone.streams.map(\.rawValue), backlog: BacklogDocument(zone.backlog, now: now))
    }
}

extension SegmentDocument {
    init(_ segment: SegmentStatus, now: Timestamp) {
        self.init(
            stream: segment.stream.rawValue, state: segment.state.rawValue,
            incarnation: segment.incarnation.description, first: segment.range?.first, last: segment.range?.last,
            object: segment.object, sha256: segment.sha256, backlog: BacklogDocument(segment.backlog, now: now))
    }
}

extension ReceiptDocument {
    init(_ receipt: Receipt, producer: String) {
        var sequence: Sequence?
        if let position = receipt.sequence, let last = position.range.last {
            sequence = Sequence(
                gateway: position.gateway.rawValue, incarnation: position.incarnation.description,
                first: position.range.first, last: last)
        }
        self.init(
            stream: receipt.stream.rawValue, batch_key: receipt.batchKey, producer: producer,
            durability: receipt.durability.rawValue,
            events: Events(
                received: receipt.received, accepted: receipt.accepted, quarantined: receipt.quarantined),
            sequence: sequence,
            rejected: receipt.rejected.map {
                Rejection(index: $0.index, reason: $0.reason.code, detail: $0.detail)
            },
            idempotency_window_seconds: receipt.idempotencyWindow.components.seconds, object: receipt.object)
    }
}

extension KeyDocument {
    init(_ key: KeyRecord, now: Timestamp) {
        self.init(
            id: key.id, created_at: key.createdAt.description, expires_at: key.expiresAt?.description,
            expired: key.expiresAt.map { $0 <= now } ?? false)
    }
}

extension ProducerDocument {
    init(_ producer: ProducerRecord, now: Timestamp) {
        self.init(
            name: producer.name.rawValue, streams: producer.streams.names,
            events_per_second: producer.quota.eventsPerSecond, bytes_per_second: producer.quota.bytesPerSecond,
            keys: producer.keys.map { KeyDocument($0, now: now) })
    }
}

extension OperatorDocument {
    init(_ person: OperatorRecord, now: Timestamp) {
        self.init(
            name: person.name.rawValue, role: person.role.rawValue,
            keys: person.keys.map { KeyDocument($0, now: now) })
    }
}
