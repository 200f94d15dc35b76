import Model
import Settings
import Testing

@Suite struct ZoneSettingsTests {
    private func parse(_ zones: String, streams: String = "a: {consistency: available}") throws(SettingsError)
        -> Settings
    {
        try Settings.parse("zones:\n\(zones)\nstreams:\n  \(streams)\n", source: "s.yaml", environment: [:])
    }

    private func faults(_ zones: String, streams: String = "a: {consistency: available}") -> [String] {
        do throws(SettingsError) {
            _ = try parse(zones, streams: streams)
            return []
        } catch { return error.faults.map { "\($0.key): \($0.message)" } }
    }

    @Test("a bucket's keys reach its zone, and what is left out has its default")
    func bucket() throws {
        let settings = try parse(
            """
              lake:
                kind: s3
                bucket: my-bucket.1
                prefix: land/eu
                kms_key: alias/x
                storage_class: INTELLIGENT_TIERING
                tags: {team: data, "cost center": "7"}
                metadata: {owner: me}
                checksum: none
              local: {kind: directory, directory: /tmp/x}
            """, streams: "a: {consistency: available, zone: local}\n  b: {consistency: strong}")
        #expect(settings.zones.map(\.name.rawValue) == ["lake", "local"])
        guard case .s3(let zone) = settings.zones[0].kind, case .directory("/tmp/x") = settings.zones[1].kind else {
            Issue.record("\(settings.zones)")
            return
        }
        #expect(zone.bucket == "my-bucket.1" && zone.prefix == "land/eu" && zone.kmsKey == "alias/x")
        #expect(zone.storageClass == "INTELLIGENT_TIERING" && !zone.checksum && zone.endpoint == nil && !zone.pathStyle)
        #expect(zone.tags.map(\.name) == ["team", "cost center"] && zone.metadata.map(\.value) == ["me"])
        #expect(zone.connectionsMax == 64 && zone.stallTimeout == .seconds(15))
        #expect(settings.zone(of: settings.streams[0]).rawValue == "local")
        #expect(settings.zone(of: settings.streams[1]).rawValue == "lake" && settings.zone().rawValue == "lake")
    }

    @Test("path style is the default for an endpoint, and can be set")
    func pathStyle() throws {
        for (line, expected) in [
            ("", false), (", endpoint: 'http://h:1'", true), (", endpoint: 'http://h:1', path_style: 'false'", false),
            (", path_style: 'true'", true),
        ] {
            let settings = try parse("  m: {kind: s3, bucket: bbb\(line)}")
            guard case .s3(let zone) = settings.zones[0].kind else { return }
            #expect(zone.pathStyle == expected, "\(line)")
        }
    }

    @Test("every fault of a zone is named")
    func wrong() {
        #expect(faults("  Bad: {kind: s3}").first?.hasPrefix("zones.Bad: a zone's name") == true)
        #expect(faults("  m: {}") == ["zones.m.kind: is required: `directory` or `s3`"])
        #expect(faults("  m: {kind: s3}") == ["zones.m.bucket: is required for kind: s3"])
        #expect(faults("  m: {kind: gcs}").first?.hasPrefix("zones.m.kind: `gcs` is none of") == true)
        #expect(faults("  m: {kind: directory, bucket: bbb}") == ["zones.m.bucket: does not go with kind: directory"])
        #expect(
            faults("  m: {kind: s3, bucket: bbb, directory: x}") == ["zones.m.directory: does not go with kind: s3"])
        #expect(faults("  m: {kind: s3, bukket: bbb}").first == "zones.m.bukket: no such key; did you mean `bucket`?")
        let wrong = [
            "bucket: s3://bbb", "bucket: Ab_c", "prefix: /a", "prefix: a/", "prefix: a//b", "prefix: ../x",
            "prefix: 'a b'",
            "endpoint: h:9000", "endpoint: 'http://h/path'", "path_style: maybe", "checksum: md5", "connections_max: 0",
            "connections_max: 1025", "tags: [a]", "tags: {'aws:x': y}", "tags: {a: 'b;c'}", "metadata: {Sluice: x}",
            "metadata: {sluice-x: y}", "metadata: {a: 'é'}",
        ]
        for line in wrong {
            let base = line.hasPrefix("bucket") ? "" : "bucket: bbb, "
            #expect(faults("  m: {kind: s3, \(base)\(line)}").count == 1, "\(line)")
        }
    }

    @Test("ten tags are taken, eleven are not")
    func tagLimit() {
        func zone(_ count: Int) -> String {
            "  m: {kind: s3, bucket: bbb, tags: {\((0..<count).map { "t\($0): x" }.joined(separator: ", "))}}"
        }
        #expect(faults(zone(10)).isEmpty && faults(zone(11)).count == 1)
    }

    @Test("a zone that nobody set is named, with those that are")
    func unknownZone() {
        #expect(
            faults("  m: {kind: directory}", streams: "a: {consistency: strong, zone: n}") == [
                "streams.a.zone: no zone is named `n`; there is `m`"
            ])
        let ledger = "ledger: {zone: n}\nstreams: {a: {consistency: strong}}"
        #expect(throws: SettingsError.self) { try Settings.parse(ledger, source: "", environment: [:]) }
    }
}
