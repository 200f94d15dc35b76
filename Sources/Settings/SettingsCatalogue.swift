import Payload

/// All keys.
package enum SettingsCatalogue {
    private static let mebibyte = 1 << 20

    package static let keys: [SettingsKey] = [
        .init(
            "gateway.name", .text, "local", "", "unique over all gateways of a landing zone: [a-z0-9][a-z0-9-]{0,31}"),
        .init("listen.host", .text, "127.0.0.1", "", "address of the data plane"),
        .init("listen.port", .integer(0...65_535), "8080", "", "port of the data plane; 0 lets the system choose"),
        .init(
            "listen.connections_max", .integer(1...1_000_000), "10000", "connections", "open connections; more get 503"),
        .init("listen.head_deadline_seconds", .integer(1...300), "10", "seconds", "time for a request's head"),
        .init("listen.body_deadline_seconds", .integer(1...3600), "60", "seconds", "time for a request's body"),
        .init(
            "listen.idle_seconds", .integer(1...3600), "75", "seconds", "time a connection may wait between requests"),
        .init(
            "listen.request_timeout_seconds", .integer(1...300), "30", "seconds",
            "what a batch may take; strong streams refuse after it"),
        .init(
            "access.authentication", .choice(["required", "none"]), "required", "",
            "whether producers and operators must show a key"),
        .init(
            "access.allow_open_network", .boolean, "false", "",
            "lets `access.authentication` be none on an address other than loopback"),
        .init(
            "access.quota_window_seconds", .integer(1...3600), "10", "seconds",
            "how many seconds' worth of its rate a producer may use at once"),
        .init("control.enabled", .boolean, "true", "", "whether there is a control plane"),
        .init("control.host", .text, "127.0.0.1", "", "address of the control plane"),
        .init("control.port", .integer(0...65_535), "8081", "", "port of the control plane; 0 lets the system choose"),
        .init(
            "state.directory", .text, "var/state", "",
            "what the gateway keeps beside the journal: who has access, the trail's head"),
        .init("journal.directory", .text, "var/journal", "", "the write-ahead log's directory"),
        .init(
            "journal.segment_max_bytes", .integer(65_536...1 << 32), "67108864", "bytes",
            "a segment is sealed at this size"),
        .init(
            "journal.segment_max_age_seconds", .integer(1...3600), "10", "seconds", "a segment is sealed at this age"),
        .init(
            "journal.reserve_bytes", .integer(0...1 << 40), "67108864", "bytes",
            "space on the journal's volume that intake leaves free"),
        .init(
            "journal.budget_bytes", .integer(0...1 << 50), "0", "bytes",
            "what all journals together may hold, streams of low priority less; 0: what the disk has"),
        .init(
            "landing.concurrency", .integer(1...64), "2", "segments",
            "segments on their way to each landing zone at once"),
        .init(
            "landing.retry_min_milliseconds", .integer(1...60_000), "200", "milliseconds", "pause after a first failure"
        ),
        .init(
            "landing.retry_max_milliseconds", .integer(1...3_600_000), "30000", "milliseconds",
            "longest pause between tries"),
        .init(
            "landing.drain_order", .choice(["oldest", "newest"]), "oldest", "", "which segments of a backlog land first"
        ),
        .init(
            "landing.drain_bytes_per_second_max", .integer(0...1 << 40), "104857600", "bytes/s",
            "what a backlog may take of the link while it drains; 0: no bound"),
        .init(
            "partition.failures_min", .integer(1...1000), "3", "failures",
            "failures in a row, at least, before a zone counts as partitioned"),
        .init("partition.after_seconds", .integer(1...3600), "10", "seconds", "and for at least this long"),
        .init(
            "partition.heal_successes", .integer(1...1000), "3", "successes",
            "answers in a row, at least, before it counts as healed"),
        .init(
            "partition.heal_after_seconds", .integer(1...3600), "5", "seconds",
            "and for at least this long; doubled for each partition that follows soon after another"),
        .init(
            "partition.heal_after_max_seconds", .integer(1...86_400), "300", "seconds",
            "what doubling makes of it, at most"),
        .init(
            "partition.forget_after_seconds", .integer(1...86_400), "600", "seconds",
            "connected for this long, earlier partitions are forgotten"),
        .init(
            "partition.probe_interval_seconds", .integer(1...3600), "5", "seconds",
            "a zone that nothing was heard of for this long is probed; every second while in doubt"),
        .init(
            "admission.in_flight_max_bytes", .integer(mebibyte...1 << 36), "134217728", "bytes",
            "bodies in memory at once; then sockets wait"),
        .init(
            "admission.wait_seconds", .integer(1...300), "10", "seconds",
            "how long a request waits for that room; then 503"),
        .init(
            "ledger.position_interval_seconds", .integer(1...300), "5", "seconds",
            "how often the ledger states each stream's position"),
        .init(
            "ledger.zone", .optionalText(.zone), "", "",
            "where the gateway's own streams (_ledger, _quarantine) land; empty: in the first zone"),
        .init(
            "idempotency.window_seconds", .integer(60...2_592_000), "86400", "seconds", "how long a batch is recognised"
        ),
        .init(
            "idempotency.batches_max", .integer(1...100_000_000), "500000", "batches",
            "batches remembered per stream, about 100 bytes each"),
        .init(
            "shutdown.deadline_seconds", .integer(1...3600), "30", "seconds", "time to finish, seal and land on SIGTERM"
        ),
        .init("workers", .integer(0...256), "0", "threads", "threads that validate and compress; 0: one per core"),
        .init(
            "log.level", .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]), "info", "",
            "least level that is logged"),
    ]

    package static let streamKeys: [SettingsKey] = [
        .init(
            "consistency", .choice(["available", "strong"]), nil, "",
            "required: what the stream prefers when the landing zone can't be reached"),
        .init("zone", .optionalText(.zone), "", "", "where its events land; empty: in the first zone"),
        .init("priority", .integer(0...9), "5", "", "where room in the journals runs out, the lowest refuse first"),
        .init(
            "journal_budget_bytes", .integer(0...1 << 50), "0", "bytes",
            "what this stream's journal may hold; 0: no bound of its own"),
        .init("event_id", .pointer, nil, "", "where the event's own id is; without it the key is <batch key>:<index>"),
        .init("event_time", .pointer, nil, "", "where the event's time is"),
        .init("required", .requirements, nil, "", "members that must be there: a list of {pointer, type}"),
        .init("objects_only", .boolean, "true", "", "events must be JSON objects"),
        .init(
            "check_duplicate_members", .boolean, "false", "",
            "refuse events with two members of one name; always on for strong streams"),
        .init("body_max_bytes", .integer(1024...64 * mebibyte), "10485760", "bytes", "a body on the wire"),
        .init("decoded_max_bytes", .integer(1024...11 * mebibyte), "10485760", "bytes", "a decoded body"),
        .init("expansion_max", .integer(2...1000), "100", "times", "decoded bytes per byte on the wire"),
        .init("events_max", .integer(1...20_000), "10000", "events", "events in one batch"),
        .init("event_max_bytes", .integer(64...11 * mebibyte), "1048576", "bytes", "one event"),
        .init("depth_max", .integer(1...1000), "64", "levels", "nesting of one event"),
        .init("event_key_max_bytes", .integer(16...1024), "256", "bytes", "an event's key"),
    ]

    package static let zoneKeys: [SettingsKey] = [
        .init("kind", .choice(["directory", "s3"]), nil, "", "required: what the zone is"),
        .init("directory", .text, "var/landing", "", "kind directory: where objects land"),
        .init("bucket", .optionalText(.bucket), nil, "", "kind s3, required: the bucket"),
        .init(
            "prefix", .optionalText(.prefix), "", "", "kind s3: before every object's name, without slashes at its ends"
        ),
        .init(
            "endpoint", .optionalText(.url), "", "",
            "kind s3: another server than AWS's for the region, such as https://s3.example"),
        .init(
            "region", .optionalText(.region), "", "",
            "kind s3: empty: AWS_REGION, AWS_DEFAULT_REGION or the profile's; us-east-1 where an endpoint is set"),
        .init(
            "profile", .optionalText(.profile), "", "",
            "kind s3: profile in the shared AWS files; empty: AWS_PROFILE, or default"),
        .init(
            "path_style", .choice(["auto", "true", "false"]), "auto", "",
            "kind s3: the bucket in the path, not in the host name; auto: when an endpoint is set"),
        .init(
            "kms_key", .optionalText(.kmsKey), "", "",
            "kind s3: encrypt with this KMS key (id, alias or ARN); empty: as the bucket says"),
        .init(
            "storage_class", .optionalText(.storageClass), "", "",
            "kind s3: such as INTELLIGENT_TIERING; empty: STANDARD"),
        .init(
            "tags", .mapping(.init(words: .tags, most: 10)), nil, "",
            "kind s3: object tags; the role then needs s3:PutObjectTagging"),
        .init(
            "metadata", .mapping(.init(words: .metadata, most: 10)), nil, "",
            "kind s3: object metadata (x-amz-meta-…), besides the gateway's own"),
        .init(
            "checksum", .choice(["sha256", "none"]), "sha256", "",
            "kind s3: send x-amz-checksum-sha256, which the store verifies; none for stores that refuse it"),
        .init("connections_max", .integer(1...1024), "64", "connections", "kind s3: requests under way at once"),
        .init("request_timeout_seconds", .integer(1...3600), "300", "seconds", "kind s3: one request, whole"),
        .init("connect_timeout_seconds", .integer(1...300), "5", "seconds", "kind s3: until a connection stands"),
        .init(
            "stall_timeout_seconds", .integer(1...300), "15", "seconds",
            "kind s3: a request is given up when less than 1 KiB/s moves for this long; after a burst up to 6 s later"),
        .init(
            "ca_file", .optionalText(.file), "", "", "kind s3: PEM certificates to trust instead of the system's"),
    ]

    package static let requirementTypes = StreamRules.MemberType.allCases.map(\.rawValue)
}
