import ArgumentParser
import Audit
import Foundation
import Landing
import Model

struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check landing zones against their ledger: gaps, duplicates, counts, hashes.",
        discussion: """
            Reads every object once. Give all zones that a gateway lands in, or --config FILE, which means all zones of the \
            settings: the ledger lands in one of them, and speaks of all. Exit status: 0 complete, 1 something is missing or \
            wrong, 2 it could not be checked. While a gateway is running, what it acknowledged in the last seconds has not \
            landed yet and is named as a gap. Where old objects have expired, give --since.
            """)

    @Argument(help: "Landing zones: directories, s3://bucket/prefix, or names of the settings' zones.")
    var zones: [String] = []

    @OptionGroup var places: Places

    @Option(help: "Only what landed since then: 2026-11-23, 2026-11-23T13:00:00Z, or how long ago, such as 36h or 30d.")
    var since: PointInTime?

    @Option(help: "Objects read at once.")
    var readers = 8

    @OptionGroup var expected: CompletenessOptions

    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        guard (1...64).contains(readers) else { throw ValidationError("--readers must be from 1 to 64.") }
    }

    func run() async throws {
        let wanted = try places.zones(
            zones.isEmpty && places.configPath == nil ? ["var/landing"] : zones, command: "verify")
        var options = AuditOptions()
        options.width = readers
        options.since = since.map { LandingHour($0.time) }
        expected.apply(to: &options)
        let line = ProgressLine()
        let report = try await places.audit(wanted, options, command: "verify") { done in
            line.show { "\(done.read) objects read (\(done.listed) listed), \(ByteText(done.bytes))" }
        }
        line.end()
        if json {
            print(try prettyJSON(report))
        } else {
            show(report)
        }
        if !report.complete { throw ExitCode(1) }
    }

    private func show(_ report: AuditReport) {
        for stream in report.streams {
            print(
                "\(stream.stream): \(stream.events) events in \(stream.objects) objects, \(stream.bytes) bytes, \(stream.through)"
            )
            for hold in stream.held_back_by { print("  held back by \(hold.text)") }
        }
        for finding in report.findings {
            let place = [finding.zone, finding.stream, finding.object].compactMap(\.self).joined(separator: " ")
            print("\(finding.kind.rawValue): \(place): \(finding.detail)")
        }
        print(report.complete ? "complete" : "NOT complete: \(report.findings.count) findings")
    }
}
