import Gateway
import Landing
import Model
package import Settings
import Yams

/// Reads a scenario file. Every fault in it is named, and not only the first.
package struct ScenarioReader: YAMLReading {
    package let source: String
    package var faults: [SettingsFault] = []
    private var values: [String: String] = [:]
    /// The file states no length that can be.
    private var isLengthUnknown = false

    /// - Parameter source: the file's name, for faults.
    package static func read(_ text: String, source: String) throws(SettingsError) -> Scenario {
        var reader = ScenarioReader(source: source)
        let scenario = reader.read(text)
        guard let scenario, reader.faults.isEmpty else { throw SettingsError(faults: reader.faults) }
        return scenario
    }

    private init(source: String) { self.source = source }

    private mutating func read(_ text: String) -> Scenario? {
        guard let document = document(text, else: "a mapping is wanted, with streams: and cuts:") else { return nil }
        var parts: [String: Node] = [:]
        walk(document, keys: ScenarioCatalogue.keys, parts: ["streams", "cuts", "holds"]) { reader, path, value, key in
            if let key {
                reader.values[path] = reader.value(value, key, path)
            } else {
                parts[path] = value
            }
        }
        isLengthUnknown = document["minutes"] != nil && values["minutes"] == nil
        if let region = values["region"], !isTitle(region) {
            fault(document["region"], "region", "must be up to 100 characters that can be shown")
        }
        let streams = streams(parts["streams"])
        checkWork(streams, parts["streams"])
        return Scenario(
            region: self.text("region"), lasts: lasts,
            journalBudgetBytes: ScenarioReader.bound(self.text("journal.budget_bytes")),
            segmentMaxBytes: Int64(number("journal.segment_max_bytes")),
            segmentMaxAge: .seconds(number("journal.segment_max_age_seconds")), landing: landing, partition: partition,
            linkBytesPerSecond: number("link.bytes_per_second"),
            roundTrip: .milliseconds(Int(number("link.round_trip_milliseconds"))), streams: streams,
            cuts: spans(parts["cuts"], "cuts"), holds: spans(parts["holds"], "holds"))
    }

    private func isTitle(_ text: String) -> Bool {
        text.unicodeScalars.count <= 100 && text.unicodeScalars.allSatisfy(isShown)
    }

    /// In a terminal, and in XML, which not even knows some of the others.
    private func isShown(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: false
        default: true
        }
    }

    private var lasts: Duration { .seconds(number("minutes") * 60) }

    private var landing: LandingSchedule.Configuration {
        var landing = LandingSchedule.Configuration()
        landing.concurrency = Int(number("landing.concurrency"))
        landing.drainBytesPerSecond = ScenarioReader.bound(text("landing.drain_bytes_per_second_max"))
        landing.drainOrder = .init(rawValue: text("landing.drain_order"))!
        return landing
    }

    private var partition: PartitionControl.Configuration {
        var partition = PartitionControl.Configuration()
        partition.partitionAfter = .seconds(number("partition.after_seconds"))
        partition.healAfter = .seconds(number("partition.heal_after_seconds"))
        return partition
    }

    // MARK: Streams

    private mutating func streams(_ node: Node?) -> [Scenario.Stream] {
        guard let node, case .mapping(let mapping) = node, mapping.count > 0 else {
            fault(node, "streams", "at least one is wanted")
            return []
        }
        if mapping.count > ScenarioCatalogue.streamsMax {
            fault(node, "streams", "\(mapping.count) are too many: at most \(ScenarioCatalogue.streamsMax)")
        }
        return entries(mapping, "streams.").compactMap { path, keyNode, value -> Scenario.Stream? in
            guard let name = streamName(keyNode, path) else { return nil }
            guard case .mapping(let section) = value else {
                fault(value, path, "must be a mapping with at least `consistency` and `events_per_second`")
                return nil
            }
            return stream(name, section, path, keyNode)
        }.sorted { $0.name.rawValue < $1.name.rawValue }
    }

    private mutating func stream(
        _ name: StreamName, _ section: Node.Mapping, _ path: String, _ keyNode: Node
    ) -> Scenario.Stream? {
        let faultsBefore = faults.count
        var found: [String: String] = [:]
        for key in ScenarioCatalogue.streamKeys { found[key.path] = key.standard }
        for (path, value, key) in fields(section, path, keys: ScenarioCatalogue.streamKeys) {
            found[key.path] = self.value(value, key, path)
        }
        requireConsistency(section, path, keyNode)
        if section["events_per_second"] == nil { fault(keyNode, "\(path).events_per_second", "is required") }
        guard faults.count == faultsBefore else { return nil }

        func number(_ word: String) -> Double { Double(found[word]!)! }
        let stream = Scenario.Stream(
            name: name, consistency: Consistency(rawValue: found["consistency"]!)!, priority: Int(number("priority")),
            journalBudgetBytes: ScenarioReader.bound(found["journal_budget_bytes"]!),
            eventsPerSecond: number("events_per_second"),
            eventBytes: number("event_bytes"), compression: number("compression"), batchEvents: number("batch_events"))
        if stream.batchEvents * stream.eventBytes > ScenarioCatalogue.batchBytesMax {
            fault(
                section["batch_events"] ?? keyNode, "\(path).batch_events",
                "a request of \(Int(stream.batchEvents * stream.eventBytes)) bytes is more than a gateway takes, \(Int(ScenarioCatalogue.batchBytesMax))"
            )
        }
        return stream
    }

    private mutating func checkWork(_ streams: [Scenario.Stream], _ node: Node?) {
        let perSecond = streams.reduce(0) { $0 + $1.eventsPerSecond / $1.batchEvents }
        let batches = perSecond * (lasts / .seconds(1))
        guard batches > ScenarioCatalogue.batchesMax else { return }
        fault(
            node, "streams",
            "\(Int(batches)) requests in all are more than can be reckoned, \(Int(ScenarioCatalogue.batchesMax)): make batch_events larger, or minutes fewer"
        )
    }

    // MARK: Cuts and holds

    private mutating func spans(_ node: Node?, _ key: String) -> [Scenario.Span] {
        guard let node else { return [] }
        guard case .sequence(let list) = node, list.count <= ScenarioCatalogue.spansMax else {
            fault(node, key, "must be a list of at most \(ScenarioCatalogue.spansMax) of {at_minute: 30, minutes: 120}")
            return []
        }
        return list.enumerated().compactMap { index, item in
            let path = "\(key)[\(index)]"
            guard case .mapping(let section) = item else {
                fault(item, path, "must be {at_minute: 30, minutes: 120}")
                return nil
            }
            var found: [String: Double] = [:]
            for (path, value, key) in fields(section, path, keys: ScenarioCatalogue.spanKeys) {
                found[key.path] = self.value(value, key, path).flatMap(Double.init)
            }
            for key in ScenarioCatalogue.spanKeys where section[key.path] == nil {
                fault(item, "\(path).\(key.path)", "is required")
            }
            guard let at = found["at_minute"], let length = found["minutes"] else { return nil }
            guard .seconds(at * 60) < lasts || isLengthUnknown else {
                fault(item, "\(path).at_minute", "begins only after the \(text("minutes")) minutes of the scenario")
                return nil
            }
            return Scenario.Span(at: .seconds(at * 60), lasts: .seconds(length * 60))
        }
    }

    // MARK: Values

    private mutating func value(_ node: Node, _ key: SettingsKey, _ path: String) -> String? {
        scalar(node, path).flatMap { checked($0, node, key, path) }
    }

    private func text(_ path: String) -> String {
        values[path] ?? ScenarioCatalogue.keys.first { $0.path == path }!.standard!
    }

    private func number(_ path: String) -> Double { Double(text(path))! }

    /// As in the gateway's settings, 0 stands for none.
    private static func bound(_ text: String) -> Int64? { Int64(text).flatMap { $0 == 0 ? nil : $0 } }
}
