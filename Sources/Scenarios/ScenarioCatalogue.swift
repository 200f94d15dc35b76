package import Settings

/// The keys of scenario files. What the gateway has too is as its settings declare it: name, bounds and default.
package enum ScenarioCatalogue {
    /// Minutes of a week.
    static let minutesMax = 10_080.0
    static let streamsMax = 100
    /// Cuts, and as many holds.
    static let spansMax = 1000
    /// As much as a gateway takes in one request, decoded.
    static let batchBytesMax = 11.0 * 1_048_576
    /// Requests in the whole time: what can be reckoned within minutes.
    static let batchesMax = 1e9

    package static let keys: [SettingsKey] = [
        .init("region", .text, "region", "", "a title, of up to 100 characters"),
        .init("minutes", .decimal(1...minutesMax), "360", "minutes", "how long to look"),
        gateway("journal.budget_bytes", "what all journals may hold, streams of low priority less; 0: no bound"),
        gateway("journal.segment_max_bytes"),
        gateway("journal.segment_max_age_seconds"),
        gateway("landing.concurrency", "segments on their way at once, of one stream one"),
        gateway("landing.drain_order"),
        gateway("landing.drain_bytes_per_second_max"),
        gateway("partition.after_seconds", "of failures, three at least, until the zone counts as cut off"),
        gateway("partition.heal_after_seconds", "of answers, three at least, until it counts as healed"),
        .init(
            "link.bytes_per_second", .integer(1...1_000_000_000_000), "125000000", "bytes/s",
            "what the link to the landing zone carries"),
        .init(
            "link.round_trip_milliseconds", .integer(0...3000), "60", "milliseconds",
            "from a request's last byte to its answer; a probe waits for 3 s"),
    ]

    package static let streamKeys: [SettingsKey] =
        SettingsCatalogue.streamKeys.filter { ["consistency", "priority", "journal_budget_bytes"].contains($0.path) }
        + [
            .init("events_per_second", .decimal(0...10_000_000), nil, "events/s", "required: what comes in"),
            .init("event_bytes", .decimal(1...batchBytesMax), "2090", "bytes", "of one event, as it comes in"),
            .init(
                "compression", .decimal(1...1000), "10", "times",
                "how many times smaller it is in journal and landing zone"
            ),
            .init("batch_events", .integer(1...20_000), "500", "events", "events of one request"),
        ]

    /// Of each cut and hold; both are required.
    package static let spanKeys: [SettingsKey] = [
        .init("at_minute", .decimal(0...minutesMax), nil, "minutes", "required: when it begins"),
        .init("minutes", .decimal(0.01...minutesMax), nil, "minutes", "required: how long it lasts"),
    ]

    private static func gateway(_ path: String, _ meaning: String? = nil) -> SettingsKey {
        var key = SettingsCatalogue.keys.first { $0.path == path }!
        if let meaning { key.meaning = meaning }
        return key
    }
}
