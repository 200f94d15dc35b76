import Model
import Payload
import Settings
import Testing

@Suite struct SettingsTests {
    private let stream = "streams:\n  a: {consistency: available}\n"

    private func parse(_ text: String, _ environment: [String: String] = [:]) throws(SettingsError) -> Settings {
        try Settings.parse(text, source: "s.yaml", environment: environment)
    }

    private func faults(_ text: String, _ environment: [String: String] = [:]) -> [SettingsFault] {
        do {
            _ = try parse(text, environment)
            return []
        } catch { return error.faults }
    }

    /// One top-level or nested key as YAML.
    private func yaml(_ path: String, _ value: String) -> String {
        let parts = path.split(separator: ".")
        return parts.count == 1 ? "\(path): \(value)\n" : "\(parts[0]):\n  \(parts[1]): \(value)\n"
    }

    @Test("a stream with its consistency is enough; everything else has its default")
    func least() throws {
        let settings = try parse(stream)
        for key in SettingsCatalogue.keys {
            #expect(settings.text(key.path) == key.standard)
            #expect(key.fault(key.standard) == nil)
        }
        #expect(settings.gatewayName.rawValue == "local")
        #expect(settings.duration("listen.idle_seconds") == .seconds(75))
        #expect(settings.duration("landing.retry_min_milliseconds") == .milliseconds(200))
        let only = try #require(settings.streams.first)
        #expect(!only.strong && only.bodyMaxBytes == 10 << 20 && only.rules.objectsOnly)
        #expect(only.rules.maxEvents == 10_000 && only.rules.maxDepth == 64 && only.rules.eventID == nil)
    }

    @Test("a stream's settings reach its rules")
    func streamRules() throws {
        let settings = try parse(
            """
            streams:
              b:
                consistency: strong
                event_id: /id
                event_time: /t~1x
                objects_only: false
                check_duplicate_members: true
                body_max_bytes: 2048
                decoded_max_bytes: 4096
                expansion_max: 3
                events_max: 4
                event_max_bytes: 512
                depth_max: 5
                event_key_max_bytes: 17
                required:
                  - {pointer: /n, type: number}
                  - {pointer: /any}
            """)
        let stream = try #require(settings.streams.first)
        #expect(stream.strong && stream.bodyMaxBytes == 2048)
        let rules = stream.rules
        #expect(rules.eventID == "/id" && rules.eventTime == "/t~1x" && !rules.objectsOnly)
        #expect(rules.checkDuplicateMembers && rules.maxDecodedBytes == 4096 && rules.maxExpansion == 3)
        #expect(rules.maxEvents == 4 && rules.maxEventBytes == 512 && rules.maxDepth == 5)
        #expect(rules.maxEventKeyBytes == 17)
        #expect(rules.required.map(\.pointer) == ["/n", "/any"])
        #expect(rules.required.map(\.type) == [.number, .any])
    }

    @Test("every fault is named at once, with its line and column")
    func severalFaults() {
        let found = faults(
            """
            listen:
              port: 70000
              hots: x
            journal: 5
            streams:
              Bad_Name: {consistency: available}
              good:
                consistency: sometimes
                events_max: many
              other: {}
            """)
        #expect(
            found.map(\.description) == [
                "s.yaml:2:9: listen.port: 70000 is out of range: 0 to 65535",
                "s.yaml:3:3: listen.hots: no such key; did you mean `listen.host`?",
                "s.yaml:4:10: journal: must be a section with keys of its own",
                "s.yaml:6:3: streams.Bad_Name: a stream's name is [a-z0-9][a-z0-9_-]{0,62}; names with a leading underscore are the gateway's own",
                "s.yaml:8:18: streams.good.consistency: `sometimes` is none of available, strong",
                "s.yaml:9:17: streams.good.events_max: `many` is no whole number (events)",
                "s.yaml:10:3: streams.other.consistency: is required: `available` or `strong`",
            ])
    }

    @Test(
        "a key that is no plain word is refused where it stands, before anything reads it",
        arguments: [
            ("a: 1\n? [b]\n: 2\n", 2, 1), ("a:\n  - ? b\n", 2, 5), ("{? a : b}", 1, 2), ("[a, b]: c\n", 1, 6),
            ("a: {b: c} : d\n", 1, 9), ("x: &y [1]\n*y : 2\n", 2, 1),
        ])
    func complexKeys(_ text: String, _ line: Int, _ column: Int) throws {
        let found = faults(text)
        let fault = try #require(found.first)
        #expect(found.count == 1 && fault.line == line && fault.column == column, "\(found)")
        #expect(fault.message.contains("plain words"))
    }

    @Test(
        "what only looks like one is read",
        arguments: ["'? [a]: b'", "\"]: x\"", "http://[::1]:90", "what? ]:y", "1 # ? [a]: b", "'it''s {a}: b'"])
    func noComplexKeys(_ value: String) {
        #expect(
            !faults("streams: {a: {consistency: available}}\nx: \(value)\n").contains {
                $0.message.contains("plain words")
            })
    }

    @Test("a missing streams section is named beside other faults")
    func noStreams() {
        #expect(faults("").map(\.key) == ["streams"])
        #expect(Set(faults("workers: -1\n").map(\.key)) == ["workers", "streams"])
    }

    @Test("an unknown key near a known one is corrected, a far one is not")
    func unknownKeys() {
        #expect(faults("stream:\n  a: 1\n" + stream).first?.message == "no such key; did you mean `streams`?")
        #expect(faults("xyzzy: 1\n" + stream).first?.message == "no such key")
        let inStream = faults("streams:\n  a: {consistency: strong, event_idd: /x}\n")
        #expect(inStream.map(\.message) == ["no such key; did you mean `event_id`?"])
    }

    @Test("every whole number is taken at its bounds and refused beyond", arguments: SettingsCatalogue.keys.map(\.path))
    func bounds(_ path: String) throws {
        let key = try #require(SettingsCatalogue.keys.first { $0.path == path })
        guard case .integer(let range) = key.kind else { return }
        for value in [range.lowerBound, range.upperBound] {
            #expect(try parse(yaml(path, "\(value)") + stream).number(path) == value)
        }
        for value in [range.lowerBound - 1, range.upperBound + 1] {
            #expect(faults(yaml(path, "\(value)") + stream).map(\.key) == [path], "\(value)")
            #expect(faults(stream, [key.environmentName: "\(value)"]).map(\.source) == [key.environmentName])
        }
        for text in ["ten", "1.5", "", "1e3", "0x10"] {
            #expect(faults(yaml(path, text) + stream).map(\.key) == [path], "\(text)")
        }
    }

    @Test("every whole number of a stream too", arguments: SettingsCatalogue.streamKeys.map(\.path))
    func streamBounds(_ path: String) throws {
        let key = try #require(SettingsCatalogue.streamKeys.first { $0.path == path })
        guard case .integer(let range) = key.kind else { return }
        // So that the rule "an event fits its body" does not speak up.
        let rest = path == "decoded_max_bytes" ? "event_max_bytes: 64" : "decoded_max_bytes: \(11 << 20)"
        func stream(_ value: Int) -> String { "streams:\n  a: {consistency: strong, \(rest), \(path): \(value)}\n" }
        for value in [range.lowerBound, range.upperBound] { #expect(faults(stream(value)).isEmpty, "\(value)") }
        for value in [range.lowerBound - 1, range.upperBound + 1] {
            #expect(faults(stream(value)).map(\.key) == ["streams.a.\(path)"], "\(value)")
        }
    }

    @Test("an event larger than a body is refused")
    func eventLargerThanBody() {
        let text = "streams:\n  a: {consistency: strong, decoded_max_bytes: 2000, event_max_bytes: 2001}\n"
        #expect(faults(text).map(\.key) == ["streams.a.event_max_bytes"])
    }

    @Test("words, pointers and lists are checked")
    func otherKinds() {
        #expect(faults("log: {level: loud}\n" + stream).map(\.key) == ["log.level"])
        #expect(faults("gateway: {name: Über}\n" + stream).map(\.key) == ["gateway.name"])
        #expect(faults("gateway: {name: ''}\n" + stream).map(\.key) == ["gateway.name"])
        for wrong in [
            "event_id: id", "event_time: t", "event_id: /a~2", "event_id: /a~", "objects_only: yes", "required: /x",
            "required: [{pointer: x}]", "required: [{pointer: /x~}]", "required: [{pointer: /x, type: date}]",
            "required: [{pointer: /x, typ: string}]", "event_id: [/x]",
        ] {
            #expect(faults("streams:\n  a: {consistency: strong, \(wrong)}\n").count == 1, "\(wrong)")
        }
        #expect(faults("streams:\n  a: {consistency: strong, event_id: /a~0b~1c}\n").isEmpty)
        #expect(faults("streams: [a]\n").map(\.key) == ["streams"])
        #expect(faults("- a\n").map(\.message).first == "the settings must be a mapping of sections")
    }

    @Test("the environment overrides the file, and is checked like it")
    func environment() throws {
        let settings = try parse(yaml("listen.port", "1") + stream, ["SLUICE_LISTEN_PORT": "2", "SLUICE_WORKERS": "3"])
        #expect(settings.number("listen.port") == 2 && settings.number("workers") == 3)
        let wrong = faults(stream, ["SLUICE_LISTEN_PORT": "x"])
        #expect(wrong.map(\.description) == ["SLUICE_LISTEN_PORT: listen.port: `x` is no whole number"])
        #expect(try parse(stream, ["SLUICE_SERVICE_HOST": "10.0.0.1"]).number("workers") == 0)
    }

    @Test("values may name variables, with and without a default")
    func substitution() throws {
        func host(_ text: String, _ environment: [String: String] = [:]) throws(SettingsError) -> String {
            try parse(yaml("listen.host", "\"\(text)\"") + stream, environment).text("listen.host")
        }
        #expect(try host("${H}", ["H": "h"]) == "h")
        #expect(try host("a${H}b${I:-i}c", ["H": "h"]) == "ahbic")
        #expect(try host("${H:-d}") == "d")
        #expect(try host("${H:-d}", ["H": ""]) == "d")
        #expect(try host("${H:-d}", ["H": "h"]) == "h")
        #expect(try host("${H}", ["H": "${H}"]) == "${H}", "what a variable holds is not looked at again")
        #expect(faults(yaml("listen.host", "${H}") + stream).map(\.key) == ["listen.host"])
        #expect(try parse(yaml("listen.port", "${P:-7}") + stream).number("listen.port") == 7)
    }

    @Test("a key given twice is named with its place, at every level")
    func repeatedKeys() {
        let top = faults("workers: 1\nworkers: 2\n" + stream)
        #expect(top.map(\.description) == ["s.yaml:1:1: workers: is given twice"])
        let inner = faults("listen:\n  port: 1\n  host: x\n  port: 2\n" + stream)
        #expect(inner.map { "\($0.line ?? 0):\($0.column ?? 0) \($0.message)" } == ["2:3 is given twice"])
        let streams = faults("streams:\n  a: {consistency: strong}\n  a: {consistency: strong}\n")
        #expect(streams.map { "\($0.line ?? 0) \($0.message)" } == ["2 is given twice"])
    }

    @Test("a number and the same number as text are one key, not two as in YAML, at every level")
    func repeatedSpellings() {
        let one = "{consistency: strong}"
        for text in [
            "streams:\n  1: \(one)\n  \"1\": \(one)\n", "streams:\n  a: \(one)\n  !x a: \(one)\n",
            "workers: 1\n!x workers: 2\n" + stream, "streams:\n  a: {consistency: strong, !x consistency: strong}\n",
            "zones:\n  7: {kind: directory}\n  '7': {kind: directory}\n" + stream,
            "zones:\n  a: {kind: directory, !x kind: directory}\n" + stream,
            "zones:\n  a: {kind: s3, bucket: b-1, tags: {1: a, \"1\": b}}\n" + stream,
        ] {
            #expect(faults(text).map(\.message) == ["is given twice"], "\(text)")
            #expect(faults(text).allSatisfy { $0.line != nil })
        }
    }

    @Test("a character that YAML does not allow is named with its place")
    func controlCharacters() {
        for text in ["workers: 1\nlog: \u{7}", "workers: 1\nlog: \u{7}\u{301}\n", "a: 1\r\nlog: \u{0}"] {
            #expect(faults(text).map { "\($0.line ?? 0):\($0.column ?? 0)" } == ["2:6"], "\(faults(text))")
        }
    }

    @Test("text that is no YAML is refused with its place")
    func badYAML() {
        for text in ["listen: [1,\n", "listen:\n\tport: 1\n", "a: b: c\n", "\"open\n"] {
            let found = faults(text)
            #expect(found.count == 1 && found[0].line != nil && found[0].column != nil, "\(found)")
            #expect(found[0].message.hasPrefix("not valid YAML: "))
            #expect(!found[0].message.contains("\n"), "a fault is one line")
        }
    }

    @Test("without authentication only loopback may be listened on, unless that is said to be meant")
    func openNetworks() throws {
        let open = "access: {authentication: none}\n"
        for host in ["127.0.0.1", "127.1.2.3", "localhost", "\"::1\""] {
            #expect(faults(open + yaml("listen.host", host) + stream).isEmpty, "\(host)")
        }
        for host in ["0.0.0.0", "10.0.0.1", "gateway.example", "\"::\"", "127.0.0.1.example"] {
            let found = faults(open + yaml("listen.host", host) + stream)
            #expect(found.map(\.key) == ["listen.host"], "\(host)")
            #expect(found[0].message.contains("access.allow_open_network"))
            #expect(faults(open + yaml("control.host", host) + stream).map(\.key) == ["control.host"])
            #expect(faults(open + "control: {enabled: false, host: \(host)}\n" + stream).isEmpty)
            #expect(faults(yaml("listen.host", host) + stream).isEmpty, "keys are required by default")
            let meant = "access: {authentication: none, allow_open_network: true}\n"
            #expect(faults(meant + yaml("listen.host", host) + stream).isEmpty)
        }
        #expect(try parse(stream).requiresKeys)
        #expect(try !parse(open + stream).requiresKeys)
    }

    @Test("environment names are unique")
    func environmentNames() {
        #expect(Set(SettingsCatalogue.keys.map(\.environmentName)).count == SettingsCatalogue.keys.count)
    }
}

extension SettingsKey {
    /// What parsing says of this value.
    fileprivate func fault(_ text: String?) -> String? {
        let stream = "streams:\n  a: {consistency: strong}\n"
        do {
            _ = try Settings.parse(stream, source: "", environment: [environmentName: text ?? ""])
            return nil
        } catch { return error.description }
    }
}
