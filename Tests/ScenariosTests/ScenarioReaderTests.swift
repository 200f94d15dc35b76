import Scenarios
import Settings
import Testing

@Suite struct ScenarioReaderTests {
    private let good = "streams: {a: {consistency: available, events_per_second: 1}}"

    private func faults(_ text: String) -> [String] {
        do { _ = try ScenarioReader.read(text, source: "s") } catch { return error.faults.map(\.description) }
        return []
    }

    @Test("every fault is named, with its line, its value and what is meant")
    func all() {
        let text = """
            minuts: 3
            minutes: 1:30
            region: "a\\eb"
            landing: 4
            streams:
              _ledger: {}
              a: {events_per_second: -1, priority: 4.7}
              b: {consistency: loose, events_per_second: 0x10}
              c: {consistency: strong, events_per_second: .nan}
              d: 4
            cuts: [{at_minute: 1}, {at_minute: 400, minutes: 3}, 5]
            holds: {}
            """
        #expect(
            faults(text) == [
                "s:1:1: minuts: no such key; did you mean `minutes`?",
                "s:2:10: minutes: `1:30` is no number (minutes)",
                "s:4:10: landing: must be a section with keys of its own",
                "s:3:9: region: must be up to 100 characters that can be shown",
                "s:6:3: streams._ledger: a stream's name is [a-z0-9][a-z0-9_-]{0,62}; names with a leading underscore are the gateway's own",
                "s:7:26: streams.a.events_per_second: -1 is out of range: 0 to 10000000 (events/s)",
                "s:7:40: streams.a.priority: `4.7` is no whole number",
                "s:7:3: streams.a.consistency: is required: `available` or `strong`",
                "s:8:20: streams.b.consistency: `loose` is none of available, strong",
                "s:8:46: streams.b.events_per_second: `0x10` is no number (events/s)",
                "s:9:47: streams.c.events_per_second: `.nan` is no number (events/s)",
                "s:10:6: streams.d: must be a mapping with at least `consistency` and `events_per_second`",
                "s:11:8: cuts[0].minutes: is required",
                "s:11:54: cuts[2]: must be {at_minute: 30, minutes: 120}",
                "s:12:8: holds: must be a list of at most 1000 of {at_minute: 30, minutes: 120}",
            ])
        #expect(
            faults("minutes: 100\n\(good)\ncuts: [{at_minute: 99.9, minutes: 1}, {at_minute: 100, minutes: 1}]")
                == ["s:3:39: cuts[1].at_minute: begins only after the 100 minutes of the scenario"])
        #expect(faults("") == ["s: streams: at least one is wanted"])
        #expect(faults("streams: {}") == ["s:1:10: streams: at least one is wanted"])
        #expect(faults("- 1") == ["s:1:1: a mapping is wanted, with streams: and cuts:"])
        #expect(faults("{").first?.contains("not valid YAML") == true)
    }

    @Test("each number is taken up to its bounds, and not beyond", arguments: ScenarioCatalogue.keys)
    func bounds(_ key: SettingsKey) {
        let path = key.path.split(separator: ".")
        func given(_ value: String) -> String {
            (path.count == 2 ? "\(path[0]): {\(path[1]): \(value)}" : "\(path[0]): \(value)") + "\n" + good
        }
        check(key, given)
    }

    @Test("each number of a stream is taken up to its bounds, and not beyond", arguments: ScenarioCatalogue.streamKeys)
    func streamBounds(_ key: SettingsKey) {
        check(key) { value in
            // A request of one event, so that only this bound is met; at a rate that can be reckoned.
            var fields = [
                "consistency": "available", "events_per_second": "1", "event_bytes": "1", "batch_events": "1",
            ]
            if key.path == "events_per_second" { fields["batch_events"] = "1000" }
            fields[key.path] = value
            return "streams: {a: {\(fields.map { "\($0): \($1)" }.joined(separator: ", "))}}"
        }
    }

    @Test("each number of a cut is taken up to its bounds, and not beyond", arguments: ScenarioCatalogue.spanKeys)
    func spanBounds(_ key: SettingsKey) {
        check(key) { value in
            var fields = ["at_minute": "1", "minutes": "1"]
            fields[key.path] = value
            return "minutes: 10080\n\(good)\ncuts: [{\(fields.map { "\($0): \($1)" }.joined(separator: ", "))}]"
        }
    }

    private func check(_ key: SettingsKey, _ given: (String) -> String) {
        switch key.kind {
        case .integer(let range):
            for value in [range.lowerBound, range.upperBound] { #expect(faults(given("\(value)")) == []) }
            for value in [range.lowerBound - 1, range.upperBound + 1] {
                #expect(faults(given("\(value)")).first?.contains("\(key.path): \(value) is out of range") == true)
            }
        case .decimal(let range):
            // A cut at the scenario's very end begins only after it.
            let top = key.path == "at_minute" ? range.upperBound - 0.5 : range.upperBound
            for value in [range.lowerBound, top] { #expect(faults(given("\(value)")) == []) }
            for value in [range.lowerBound - 0.005, range.upperBound + 0.5] {
                #expect(faults(given("\(value)")).first?.contains("\(key.path): \(value) is out of range") == true)
            }
        case .choice(let words):
            for word in words { #expect(faults(given(word)) == []) }
            #expect(faults(given("none")).count == 1)
        default: #expect(key.path == "region")
        }
    }

    @Test("a title has up to 100 characters, and none that a terminal would obey or XML can't hold")
    func title() {
        func said(_ title: String) -> [String] { faults("region: \"\(title)\"\n\(good)") }
        #expect(said(String(repeating: "é", count: 100)) == [])
        #expect(said(String(repeating: "é", count: 101)).count == 1)
        for control in ["\\n", "\\e[2J", "\\x7f", "\\x9b", "\\u202e", "\\u2028", "\\ufffe"] {
            #expect(said("a\(control)").count == 1, "\(control)")
        }
    }

    @Test("100 streams are taken, 1000 cuts, and requests that can be reckoned; and one more of each is not")
    func counts() {
        func streams(_ count: Int) -> String {
            "streams:\n"
                + (1...count).map { "  s\($0): {consistency: available, events_per_second: 1}" }.joined(separator: "\n")
        }
        #expect(faults(streams(100)) == [])
        #expect(faults(streams(101)) == ["s:2:3: streams: 101 are too many: at most 100"])
        func cuts(_ count: Int) -> String {
            "\(good)\ncuts: [" + (1...count).map { _ in "{at_minute: 1, minutes: 1}" }.joined(separator: ", ") + "]"
        }
        #expect(faults(cuts(1000)) == [])
        #expect(faults(cuts(1001)).count == 1)
        // 10,000 minutes of 600,000 s.
        func requests(_ perSecond: Double) -> String {
            "minutes: 10000\nstreams: {a: {consistency: available, events_per_second: \(perSecond), batch_events: 1}}"
        }
        #expect(faults(requests(1666)) == [])
        #expect(
            faults(requests(1667)).first?.contains("1000200000 requests in all are more than can be reckoned") == true)
    }

    @Test("a request of 11 MiB is taken, and one of a byte more is not")
    func requestBytes() {
        func said(_ bytes: Int) -> [String] {
            faults(
                "streams: {a: {consistency: available, events_per_second: 1, batch_events: 2, event_bytes: \(Double(bytes) / 2)}}"
            )
        }
        #expect(said(11 << 20) == [])
        #expect(said(11 << 20 + 1) != [])
    }
}
