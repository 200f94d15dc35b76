/// All metrics: the one place where they are declared. `/metrics` shows these and no other; docs/metrics.md is held to
/// this list by a test.
package enum MetricCatalogue {
    /// From a cached write to a disk that is in trouble.
    private static let syncSeconds = [
        0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1, 4,
    ]
    private static let requestSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

    package static let all: [Metric] = [
        .buildInfo, .batchesAccepted, .batchesReplayed, .batchesRefused, .eventsAccepted, .eventsQuarantined,
        .eventsRefused, .bodyBytes, .requestDuration, .connections, .inFlightBytes, .commitDuration, .backlogEvents,
        .backlogBytes, .backlogSegments, .oldestUnlanded, .landingOutcomes, .landedBytes, .streamStopped, .zoneState,
        .failedLogins, .trailEntries, .reloads, .residentBytes, .cpuSeconds, .openDescriptors, .startTime,
    ]

    fileprivate static let sync = Metric.Kind.histogram(syncSeconds)
    fileprivate static let request = Metric.Kind.histogram(requestSeconds)
}

extension Metric {
    package static let buildInfo = Metric(
        "sluice_build_info", .gauge, "", "1, with the running version and the gateway's name",
        labels: ["version", "gateway"])
    package static let batchesAccepted = Metric(
        "sluice_batches_accepted_total", .counter, "batches", "batches acknowledged for the first time",
        labels: ["stream"])
    package static let batchesReplayed = Metric(
        "sluice_batches_replayed_total", .counter, "batches",
        "batches recognised and answered with their first receipt",
        labels: ["stream"])
    package static let batchesRefused = Metric(
        "sluice_batches_refused_total", .counter, "batches",
        "requests refused, by problem type; the stream is empty where none was named", labels: ["stream", "reason"])
    package static let eventsAccepted = Metric(
        "sluice_events_accepted_total", .counter, "events", "events acknowledged for the first time",
        labels: ["stream"])
    package static let eventsQuarantined = Metric(
        "sluice_events_quarantined_total", .counter, "events", "events of accepted batches that went to _quarantine",
        labels: ["stream"])
    package static let eventsRefused = Metric(
        "sluice_events_refused_total", .counter, "events", "events of batches refused because some were invalid",
        labels: ["stream"])
    package static let bodyBytes = Metric(
        "sluice_body_bytes_total", .counter, "bytes", "bodies handed to the gateway, as on the wire",
        labels: ["stream"])
    package static let requestDuration = Metric(
        "sluice_request_duration_seconds", MetricCatalogue.request, "seconds",
        "from a batch's head to its answer", labels: ["stream"])
    package static let connections = Metric(
        "sluice_connections", .gauge, "connections", "open connections of the data plane")
    package static let inFlightBytes = Metric(
        "sluice_in_flight_bytes", .gauge, "bytes", "room granted to bodies that are not answered yet")
    package static let commitDuration = Metric(
        "sluice_journal_commit_duration_seconds", MetricCatalogue.sync, "seconds",
        "one group commit: write and sync", labels: ["stream"])
    package static let backlogEvents = Metric(
        "sluice_backlog_events", .gauge, "events", "events in the journal that have not landed", labels: ["stream"])
    package static let backlogBytes = Metric(
        "sluice_backlog_bytes", .gauge, "bytes", "bytes in the journal that have not landed", labels: ["stream"])
    package static let backlogSegments = Metric(
        "sluice_backlog_segments", .gauge, "segments", "segments that have not landed, the open one included",
        labels: ["stream"])
    package static let oldestUnlanded = Metric(
        "sluice_oldest_unlanded_seconds", .gauge, "seconds",
        "age of the oldest event that has not landed; 0 when there is none", labels: ["stream"])
    package static let landingOutcomes = Metric(
        "sluice_landing_outcomes_total", .counter, "tries", "tries to create a landing object, by outcome",
        labels: ["stream", "outcome"])
    package static let landedBytes = Metric(
        "sluice_landed_bytes_total", .counter, "bytes", "bytes of landed segments", labels: ["stream"])
    package static let streamStopped = Metric(
        "sluice_stream_stopped", .gauge, "", "1 when other bytes hold the name of the stream's next landing object",
        labels: ["stream"])
    package static let zoneState = Metric(
        "sluice_zone_state", .gauge, "", "1 for the state that the landing zone is in", labels: ["zone", "state"])
    package static let failedLogins = Metric(
        "sluice_failed_logins_total", .counter, "requests", "requests with a missing or invalid key",
        labels: ["plane"])
    package static let trailEntries = Metric(
        "sluice_trail_entries_total", .counter, "entries", "entries written to _trail")
    package static let reloads = Metric(
        "sluice_settings_reloads_total", .counter, "reloads", "reloads of the settings, by outcome",
        labels: ["outcome"])
    package static let residentBytes = Metric(
        "process_resident_memory_bytes", .gauge, "bytes", "resident memory of the process")
    package static let cpuSeconds = Metric(
        "process_cpu_seconds_total", .counter, "seconds", "user and system time of the process")
    package static let openDescriptors = Metric(
        "process_open_fds", .gauge, "descriptors", "open descriptors of the process")
    package static let startTime = Metric(
        "process_start_time_seconds", .gauge, "seconds", "when the process started, since 1970")
}
