import ArgumentParser
import Audit
import Foundation
import Landing
import Model
import Settings

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

    @Option(
        help: ArgumentHelp(
            "A gateway's life whose journal is gone for good: it holds no stream back any more.",
            valueName: "gateway/incarnation"))
    var writtenOff: [GatewayLife] = []

    @Option(
        help:
            "Name what keeps a stream from being complete through so many seconds ago. A healthy gateway lands a position every few seconds."
    )
    var lag = 30

    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        guard (1...64).contains(readers) else { throw ValidationError("--readers must be from 1 to 64.") }
        guard (0...31_536_000).contains(lag) else {
            throw ValidationError("--lag must be from 0 to a year of seconds.")
        }
    }

    func run() async throws {
        let places = try places.zones(
            zones.isEmpty && self.places.configPath == nil ? ["var/landing"] : zones, command: "verify")
        var options = AuditOptions()
        options.width = readers
        options.since = since.map { LandingHour($0.time) }
        options.expectedThrough = Timestamp(
            microseconds: SystemTime().now().microseconds - Int64(lag) * 1_000_000)
        options.writtenOff = Set(writtenOff)
        let report: AuditReport
        do {
            let fromSettings = self.places.configPath != nil
            let reading = ZoneReading(command: "verify")
            defer { reading.stop() }
            let zones = try places.map { AuditZone(try reading.reader($0), name: fromSettings ? $0.name : nil) }
            let line = ProgressLine()
            report = try await LandingAudit.run(zones, options) { done in
                line.show { "\(done.read) objects read (\(done.listed) listed), \(ByteText(done.bytes))" }
            }
            line.end()
        } catch {
            print("sluice verify: \(sentence(error))", to: &StandardError.shared)
            throw ExitCode(2)
        }
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
                "\(stream.stream): \(stream.events) events in \(stream.objects) objects, \(stream.bytes) bytes"
                    + (stream.complete_through.map { ", complete through \($0)" }
                        ?? ", not yet complete through any time"))
            for hold in stream.held_back_by { print("  held back by \(hold.text)") }
        }
        for finding in report.findings {
            let place = [finding.zone, finding.stream, finding.object].compactMap(\.self).joined(separator: " ")
            print("\(finding.kind.rawValue): \(place): \(finding.detail)")
        }
        print(report.complete ? "complete" : "NOT complete: \(report.findings.count) findings")
    }
}

extension GatewayLife: ExpressibleByArgument {
    public init?(argument: String) {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let gateway = GatewayName(parts[0]), let incarnation = Incarnation(parts[1]) else {
            return nil
        }
        self.init(gateway, incarnation)
    }
}

extension StreamCompleteness.Hold {
    /// On one line, for people.
    var text: String {
        let life = [gateway, incarnation].compactMap(\.self).joined(separator: "/")
        let proof = since.map { "complete through \($0)" } ?? "nothing is proved of it"
        let range = first.map { first in end.map { "\(first)-\($0 - 1)" } ?? "from \(first) on" } ?? ""
        let lack =
            switch reason {
            case .missing: "\(range) has not landed"
            case .missingObject: "\(object ?? "an object") is not there"
            case .ledger: "its ledger \(range.isEmpty ? "" : "\(range) ")has not landed"
            case .silent: "it has not been heard of since"
            }
        return "\(life): \(lack); \(proof)"
    }
}
