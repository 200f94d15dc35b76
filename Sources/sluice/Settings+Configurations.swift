import Edge
import Gateway
import Journal
import Model
import Settings
import SystemPackage

extension GatewayConfiguration {
    init(_ settings: Settings) {
        var journal = JournalConfiguration()
        journal.segmentMaxBytes = Int64(settings.number("journal.segment_max_bytes"))
        journal.segmentMaxAge = settings.duration("journal.segment_max_age_seconds")
        journal.idempotencyWindow = settings.duration("idempotency.window_seconds")
        self.init(
            name: settings.gatewayName,
            streams: settings.streams.map { StreamConfiguration($0, zone: settings.zone(of: $0)) },
            journalDirectory: FilePath(settings.text("journal.directory")), journal: journal, version: Version.current)
        let budget = settings.number("journal.budget_bytes")
        journalBudgetBytes = budget == 0 ? nil : Int64(budget)
        journalReserveBytes = Int64(settings.number("journal.reserve_bytes"))
        landing.concurrency = settings.number("landing.concurrency")
        landing.retryMin = settings.duration("landing.retry_min_milliseconds")
        landing.retryMax = settings.duration("landing.retry_max_milliseconds")
        landing.drainOrder = .init(rawValue: settings.text("landing.drain_order")) ?? .oldest
        let rate = settings.number("landing.drain_bytes_per_second_max")
        landing.drainBytesPerSecond = rate == 0 ? nil : Int64(rate)
        partition.failuresMin = settings.number("partition.failures_min")
        partition.partitionAfter = settings.duration("partition.after_seconds")
        partition.successesMin = settings.number("partition.heal_successes")
        partition.healAfter = settings.duration("partition.heal_after_seconds")
        partition.healAfterMax = settings.duration("partition.heal_after_max_seconds")
        partition.forgetAfter = settings.duration("partition.forget_after_seconds")
        partition.probeInterval = settings.duration("partition.probe_interval_seconds")
        ownZone = settings.zone()
        maxInFlightBytes = settings.number("admission.in_flight_max_bytes")
        idempotencyWindow = settings.duration("idempotency.window_seconds")
        idempotencyMaxBatches = settings.number("idempotency.batches_max")
        positionInterval = settings.duration("ledger.position_interval_seconds")
    }
}

extension StreamConfiguration {
    init(_ settings: StreamSettings, zone: ZoneName) {
        self.init(
            name: settings.name, consistency: settings.strong ? .strong : .available, rules: settings.rules,
            zone: zone,
            maxBodyBytes: settings.bodyMaxBytes)
        share = .init(priority: settings.priority, bytes: settings.journalBudgetBytes)
    }
}

extension EdgeConfiguration {
    init(_ settings: Settings, _ descriptors: DescriptorBudget, loops: Int) {
        self.init()
        host = settings.text("listen.host")
        port = settings.number("listen.port")
        self.loops = loops
        margin = descriptors.margin
        limits.connections = descriptors.connections
        limits.headDeadline = settings.duration("listen.head_deadline_seconds")
        limits.bodyDeadline = settings.duration("listen.body_deadline_seconds")
        limits.keepAliveIdle = settings.duration("listen.idle_seconds")
        limits.requestTimeout = settings.duration("listen.request_timeout_seconds")
        limits.admissionWait = settings.duration("admission.wait_seconds")
    }
}
