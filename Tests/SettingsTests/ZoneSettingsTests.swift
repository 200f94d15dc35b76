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
    }

    @Test(
        "a value that can't be is named by its key and line",
        arguments: [
            "bucket: s3://bbb", "bucket: Ab_c", "bucket: a..b", "bucket: 10.0.0.1", "bucket: ''",
            "prefix: /a", "prefix: a/", "prefix: a//b", "prefix: ../x", "prefix: 'a b'",
            "endpoint: h:9000", "endpoint: 'http://h/path'", "endpoint: 'ftp://h'", "endpoint: 'http://:9000'",
            "endpoint: 'http://h:99999'", "endpoint: 'http://me@h'", "endpoint: 'http://a:b:1'",
            "region: Frankfurt", "region: eu_west_1", "region: 'eu-west-1/x'", "region: \"a\\nb\"",
            "profile: 'a]'", "profile: \"a\\nb\"", "path_style: maybe", "checksum: md5",
            "kms_key: 'a key'", "kms_key: \"k\\r\\nx-amz-acl: public\"", "kms_key: 'arn:aws:s3:::b'",
            "storage_class: GLACIER", "storage_class: DEEP_ARCHIVE", "storage_class: FROZEN", "storage_class: 'A B'",
            "connections_max: 0", "connections_max: 1025", "request_timeout_seconds: 0",
            "request_timeout_seconds: 3601", "connect_timeout_seconds: x", "stall_timeout_seconds: 0",
            "tags: [a]", "tags: {'aws:x': y}", "tags: {a: 'b;c'}", "tags: {a: [b]}", "tags: {'': b}",
            "metadata: {Sluice: x}", "metadata: {sluice-x: y}", "metadata: {a: 'é'}", "metadata: {a: \"b\\nc\"}",
            "metadata: x", "ca_file: \"a\\nb\"",
        ])
    func wrongValue(_ line: String) throws {
        let bucket = line.hasPrefix("bucket") ? "" : "    bucket: bbb\n"
        do throws(SettingsError) {
            _ = try parse("  m:\n    kind: s3\n\(bucket)    \(line)")
            Issue.record("taken: \(line)")
        } catch {
            let key = line.prefix { $0 != ":" }
            #expect(error.faults.count == 1)
            let fault = try #require(error.faults.first)
            #expect(fault.key.hasPrefix("zones.m.\(key)") && fault.line == (bucket.isEmpty ? 4 : 5), "\(fault)")
            #expect(fault.description.hasPrefix("s.yaml:\(fault.line ?? 0):") && fault.message.count > 10, "\(fault)")
        }
    }

    @Test(
        "good values are taken",
        arguments: [
            "endpoint: 'http://[::1]:9000'", "endpoint: 'https://s3.example.org'", "region: eu-west-1", "region: ''",
            "kms_key: 1234abcd-12ab-34cd-56ef-1234567890ab", "kms_key: alias/land-ing",
            "kms_key: 'arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/mrk-1'", "storage_class: GLACIER_IR",
            "endpoint: 'http://h', storage_class: COLD", "tags: {'a b': 'x/y@z'}", "metadata: {owner: ''}",
            "profile: 'my profile'", "ca_file: /etc/ssl/x.pem",
        ])
    func goodValue(_ line: String) { #expect(faults("  m: {kind: s3, bucket: bbb, \(line)}") == []) }

    @Test("values that don't go with one another are named")
    func contradictions() {
        let address = "endpoint: 'http://127.0.0.1:9000', path_style: 'false'"
        #expect(faults("  m: {kind: s3, bucket: bbb, \(address)}").first?.hasPrefix("zones.m.path_style: ") == true)
        func metadata(_ count: Int) -> String {
            let values = zip("abc", [511, 511, count]).map { "\($0): \(String(repeating: "x", count: $1))" }
            return "  m: {kind: s3, bucket: bbb, metadata: {\(values.joined(separator: ", "))}}"
        }
        #expect(faults(metadata(511)).isEmpty)
        #expect(
            faults(metadata(512)) == ["zones.m.metadata: 1537 bytes of names and values are too many: at most 1536"])
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
