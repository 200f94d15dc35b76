import Gateway
import Model
import Yams

/// Reads a scenario file. Every fault in it is named, and not only the first.
package struct ScenarioReader {
    private var faults: [String] = []

    /// Throws ``ScenarioFaults``.
    package static func read(_ text: String) throws -> Scenario {
        let root: Any?
        do { root = try Yams.load(yaml: text) } catch { throw ScenarioFaults(faults: ["not YAML: \(error)"]) }
        guard let fields = root as? [String: Any] else {
            throw ScenarioFaults(faults: ["a mapping is wanted, with streams: and cuts:"])
        }
        var reader = ScenarioReader()
        let scenario = reader.scenario(fields)
        if !reader.faults.isEmpty { throw ScenarioFaults(faults: reader.faults) }
        return scenario
    }

    private mutating func scenario(_ fields: [String: Any]) -> Scenario {
        known(fields, ["region", "minutes", "journal", "landing", "partition", "link", "streams", "cuts", "holds"], "")
        var scenario = Scenario()
        scenario.region = (fields["region"] as? String) ?? scenario.region
        if let minutes = number(fields, "minutes", 1...100_000, "") { scenario.lasts = .seconds(minutes * 60) }
        let journal = group(fields, "journal", ["budget_bytes", "segment_max_bytes", "segment_max_age_seconds"])
        scenario.journalBudgetBytes = number(journal, "budget_bytes", 1...1e18, "journal.").map { Int64($0) }
        if let bytes = number(journal, "segment_max_bytes", 1...1e12, "journal.") {
            scenario.segmentMaxBytes = Int64(bytes)
        }
        if let age = number(journal, "segment_max_age_seconds", 0.1...3600, "journal.") {
            scenario.segmentMaxAge = .seconds(age)
        }
        let landing = group(fields, "landing", ["concurrency", "drain_order", "drain_bytes_per_second_max"])
        if let count = number(landing, "concurrency", 1...1000, "landing.") {
            scenario.landing.concurrency = Int(count)
        }
        if let bytes = number(landing, "drain_bytes_per_second_max", 0...1e12, "landing.") {
            scenario.landing.drainBytesPerSecond = bytes == 0 ? nil : Int64(bytes)
        }
        if let order = word(landing, "drain_order", LandingSchedule.DrainOrder.self, "landing.") {
            scenario.landing.drainOrder = order
        }
        let partition = group(fields, "partition", ["after_seconds", "heal_after_seconds"])
        if let after = number(partition, "after_seconds", 0...3600, "partition.") {
            scenario.partition.partitionAfter = .seconds(after)
        }
        if let after = number(partition, "heal_after_seconds", 0...3600, "partition.") {
            scenario.partition.healAfter = .seconds(after)
        }
        let link = group(fields, "link", ["bytes_per_second", "round_trip_milliseconds"])
        if let bytes = number(link, "bytes_per_second", 1...1e12, "link.") { scenario.linkBytesPerSecond = bytes }
        if let time = number(link, "round_trip_milliseconds", 0...60_000, "link.") {
            scenario.roundTrip = .seconds(time / 1000)
        }
        scenario.streams = streams(fields)
        scenario.cuts = spans(fields, "cuts")
        scenario.holds = spans(fields, "holds")
        return scenario
    }

    private mutating func streams(_ fields: [String: Any]) -> [Scenario.Stream] {
        guard let streams = fields["streams"] as? [String: Any], !streams.isEmpty else {
            faults.append("streams: at least one is wanted")
            return []
        }
        return streams.sorted { $0.key < $1.key }.compactMap { key, value in
            let place = "streams.\(key)."
            guard let name = StreamName(key), let fields = value as? [String: Any] else {
                faults.append("streams.\(key): a stream's name, and a mapping with its events_per_second, are wanted")
                return nil
            }
            known(
                fields,
                ["consistency", "priority", "events_per_second", "event_bytes", "compression", "batch_events"], place)
            var stream = Scenario.Stream(name: name)
            if let mode = word(fields, "consistency", Consistency.self, place) { stream.consistency = mode }
            if let priority = number(fields, "priority", 0...9, place) { stream.priority = Int(priority) }
            stream.eventsPerSecond = number(fields, "events_per_second", 0...1e8, place) ?? 0
            if fields["events_per_second"] == nil { faults.append("\(place)events_per_second: is wanted") }
            stream.eventBytes = number(fields, "event_bytes", 1...1e7, place) ?? stream.eventBytes
            stream.compression = number(fields, "compression", 1...1000, place) ?? stream.compression
            stream.batchEvents = number(fields, "batch_events", 1...10_000, place) ?? stream.batchEvents
            return stream
        }
    }

    private mutating func spans(_ fields: [String: Any], _ key: String) -> [Scenario.Span] {
        guard let value = fields[key] else { return [] }
        guard let list = value as? [Any] else {
            faults.append("\(key): a list is wanted, of {at_minute: 30, minutes: 120}")
            return []
        }
        return list.enumerated().compactMap { index, item in
            let place = "\(key)[\(index)]."
            guard let fields = item as? [String: Any] else {
                faults.append("\(key)[\(index)]: {at_minute: 30, minutes: 120} is wanted")
                return nil
            }
            known(fields, ["at_minute", "minutes"], place)
            for key in ["at_minute", "minutes"] where fields[key] == nil { faults.append("\(place)\(key): is wanted") }
            guard let at = number(fields, "at_minute", 0...100_000, place),
                let lasts = number(fields, "minutes", 0.01...100_000, place)
            else { return nil }
            return Scenario.Span(at: .seconds(at * 60), lasts: .seconds(lasts * 60))
        }
    }

    // MARK: Values

    private mutating func group(_ fields: [String: Any], _ key: String, _ keys: [String]) -> [String: Any] {
        guard let value = fields[key] else { return [:] }
        guard let group = value as? [String: Any] else {
            faults.append("\(key): a mapping is wanted")
            return [:]
        }
        known(group, keys, "\(key).")
        return group
    }

    private mutating func known(_ fields: [String: Any], _ keys: [String], _ place: String) {
        for key in fields.keys.sorted() where !keys.contains(key) {
            faults.append("\(place)\(key): no such key; known are \(keys.joined(separator: ", "))")
        }
    }

    private mutating func number(
        _ fields: [String: Any], _ key: String, _ range: ClosedRange<Double>, _ place: String
    ) -> Double? {
        guard let value = fields[key] else { return nil }
        let number = (value as? Double) ?? (value as? Int).map(Double.init)
        guard let number, range.contains(number) else {
            faults.append("\(place)\(key): a number from \(range.lowerBound) to \(range.upperBound) is wanted")
            return nil
        }
        return number
    }

    private mutating func word<Word: RawRepresentable & CaseIterable>(
        _ fields: [String: Any], _ key: String, _ type: Word.Type, _ place: String
    ) -> Word? where Word.RawValue == String {
        guard let value = fields[key] else { return nil }
        if let word = (value as? String).flatMap(Word.init(rawValue:)) { return word }
        faults.append("\(place)\(key): one of \(Word.allCases.map(\.rawValue).joined(separator: ", ")) is wanted")
        return nil
    }
}

/// What is wrong with a scenario file.
package struct ScenarioFaults: Error, CustomStringConvertible {
    package var faults: [String]
    package var description: String { faults.joined(separator: "\n") }
}
