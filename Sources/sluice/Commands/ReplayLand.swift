import ArgumentParser
import Audit
import Foundation
import Landing
import Model
import Replay
import Settings
import SystemPackage

struct ReplayLand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "land",
        abstract: "Copy objects from one landing zone to another zone or prefix, under the same names.",
        discussion: """
            Objects are created, never overwritten. What is there with the same bytes is counted as already there; other bytes \
            under a name are a problem, and stay. Whole objects are copied: those of every hour that the range touches, and of \
            the hour before it. Exit status: 0 all is there now, 1 some objects are not (they are named), 2 it could not go on.
            """)

    @Argument(help: "The zone to read: a directory, s3://bucket/prefix, or a name of the settings.")
    var source: String

    @Argument(help: "The zone to land in, likewise.")
    var destination: String

    @OptionGroup var places: Places
    @OptionGroup var objects: ReplayObjects

    @Option(help: "Objects on their way at once.")
    var concurrency = 8

    @Flag(help: "Say what would be landed; change nothing.")
    var dryRun = false

    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        guard (1...64).contains(concurrency) else { throw ValidationError("--concurrency must be from 1 to 64.") }
    }

    func run() async throws {
        let zones = try places.zones([source, destination], command: "replay land")
        objects.warnOfRetention()
        let reading = ZoneReading(command: "replay")
        defer { reading.stop() }
        let stage = FilePath(
            FileManager.default.temporaryDirectory.appendingPathComponent("sluice-replay-\(UUID().uuidString)").path)
        var report = Report(dry_run: dryRun)
        do {
            try FileManager.default.createDirectory(atPath: stage.string, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: stage.string) }
            let reader = try reading.reader(zones[0])
            let store = try reading.store(zones[1], isRehearsal: dryRun)
            let relander = Relander(from: reader, to: store, stage: stage, isRehearsal: dryRun)
            let line = ProgressLine()
            try await objects.each(of: reader, internalStreams: true) { page in
                try await inOrder(page, width: concurrency) {
                    try await relander.land($0)
                } take: { object, outcome in
                    report.note(object, outcome)
                    line.show { report.text }
                }
            } missing: {
                report.tally.add(.init($0, $1))
            }
            line.end()
        } catch {
            print(
                "sluice replay land: \(sentence(error)); started again, it goes on where it was",
                to: &StandardError.shared)
            throw ExitCode(2)
        }
        if json { print(try prettyJSON(report)) } else { show(report) }
        if report.tally.problems > 0 { throw ExitCode(1) }
    }

    private func show(_ report: Report) {
        for problem in report.tally.examples { print("\(problem.object): \(problem.detail)") }
        if report.tally.problems > report.tally.examples.count {
            print("… and \(report.tally.problems - report.tally.examples.count) more")
        }
        print(report.text)
        if report.tally.objects == 0 { print("nothing matched", to: &StandardError.shared) }
    }

    private struct Report: Encodable {
        var dry_run: Bool
        var landed = 0
        var would_land = 0
        var already_there = 0
        var tally = ReplayTally()

        init(dry_run: Bool) { self.dry_run = dry_run }

        var text: String {
            "\(tally.objects) objects, \(ByteText(tally.bytes)): "
                + (dry_run ? "\(would_land) would be landed" : "\(landed) landed")
                + ", \(already_there) already there, \(tally.problems) problems"
        }

        mutating func note(_ object: StoredObject, _ outcome: Relander<ProductionStore>.Outcome) {
            tally.objects += 1
            tally.bytes += object.length
            switch outcome {
            case .landed: landed += 1
            case .wouldLand: would_land += 1
            case .already: already_there += 1
            case .missing: tally.add(.init(object.name, "it was listed, and is gone"))
            case .different: tally.add(.init(object.name, "the name is taken by other bytes; nothing was changed"))
            case .faulty(let detail):
                tally.add(.init(object.name, "not copied: its bytes are not what a gateway wrote: \(detail)"))
            }
        }
    }
}
