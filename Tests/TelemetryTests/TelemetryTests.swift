import Foundation
import Telemetry
import Testing

@Suite("Telemetry") struct TelemetryTests {
    @Test("a counter, a histogram and a sample are shown as Prometheus reads them")
    func exposition() {
        let telemetry = Telemetry()
        let counter = telemetry.counter(.batchesRefused, ["a", "key\"re\\used\n"])
        counter.add(2)
        telemetry.counter(.batchesRefused, ["a", "key\"re\\used\n"]).add()
        counter.add(-5)
        let sync = telemetry.histogram(.commitDuration, ["a"])
        sync.record(.microseconds(700))
        sync.record(.milliseconds(1))
        sync.record(.seconds(100))
        telemetry.addSource { [Sample(.backlogBytes, ["a"], 12), Sample(.oldestUnlanded, ["a"], 1.5)] }
        let lines = Set(telemetry.exposition().split(separator: "\n").map(String.init))
        #expect(lines.contains(#"sluice_batches_refused_total{stream="a",reason="key\"re\\used\n"} 3"#))
        #expect(lines.contains("# TYPE sluice_batches_refused_total counter"))
        #expect(lines.contains(#"sluice_journal_commit_duration_seconds_bucket{stream="a",le="0.0005"} 0"#))
        #expect(lines.contains(#"sluice_journal_commit_duration_seconds_bucket{stream="a",le="0.001"} 2"#))
        #expect(lines.contains(#"sluice_journal_commit_duration_seconds_bucket{stream="a",le="4"} 2"#))
        #expect(lines.contains(#"sluice_journal_commit_duration_seconds_bucket{stream="a",le="+Inf"} 3"#))
        #expect(lines.contains(#"sluice_journal_commit_duration_seconds_count{stream="a"} 3"#))
        #expect(lines.contains(#"sluice_journal_commit_duration_seconds_sum{stream="a"} 100.0017"#))
        #expect(lines.contains(#"sluice_backlog_bytes{stream="a"} 12"#))
        #expect(lines.contains(#"sluice_oldest_unlanded_seconds{stream="a"} 1.5"#))
    }

    @Test("names follow Prometheus' conventions, and none is declared twice")
    func names() {
        #expect(Set(MetricCatalogue.all.map(\.name)).count == MetricCatalogue.all.count)
        for metric in MetricCatalogue.all {
            #expect(metric.name.wholeMatch(of: /(sluice|process)_[a-z_]+/) != nil, "\(metric.name)")
            #expect(metric.name.hasSuffix("_total") == (metric.kind == .counter), "\(metric.name)")
            if metric.unit == "seconds" || metric.unit == "bytes" {
                #expect(metric.name.contains("_\(metric.unit)"), "\(metric.name)")
            }
        }
    }

    @Test("counting from several threads loses nothing")
    func concurrent() async {
        let telemetry = Telemetry()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<10_000 { telemetry.counter(.trailEntries).add() } }
            }
        }
        #expect(telemetry.counter(.trailEntries).total == 80_000)
    }

    @Test("the process knows its memory and descriptors")
    func process() {
        let samples = Dictionary(
            uniqueKeysWithValues: ProcessSource.samples(startedAt: 5).map { ($0.metric.name, $0.value) })
        #expect(samples["process_resident_memory_bytes"]! > 1_000_000)
        #expect(samples["process_open_fds"]! >= 3)
        #expect(samples["process_cpu_seconds_total"]! > 0)
    }

    @Test("docs/metrics.md is the catalogue")
    func documented() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appendingPathComponent("docs/metrics.md"), encoding: .utf8)
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `") }.map(String.init)
        let declared = MetricCatalogue.all.map { metric in
            let labels = metric.labels.isEmpty ? "-" : metric.labels.map { "`\($0)`" }.joined(separator: ", ")
            let unit = metric.unit.isEmpty ? "-" : metric.unit
            return "| `\(metric.name)` | \(metric.kind.word) | \(unit) | \(labels) | \(metric.help) |"
        }
        #expect(rows == declared)
    }
}
