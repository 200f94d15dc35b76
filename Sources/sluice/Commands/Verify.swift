import ArgumentParser
import Audit
import Foundation

struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a landing zone against its ledger: gaps, duplicates, counts, hashes.",
        discussion: """
            Reads every object once. Exit status: 0 complete, 1 something is missing or wrong, 2 it could not be checked.
            While a gateway is running, what it acknowledged in the last seconds has not landed yet and is named as a gap.
            """)

    @Argument(help: "The landing directory.")
    var landing = "var/landing"

    @Flag(help: "Print the result as JSON.")
    var json = false

    func run() throws {
        let report: AuditReport
        do {
            report = try LandingAudit.run(DirectoryZone(path: landing), progress: showProgress)
        } catch {
            print("sluice verify: \(error)", to: &StandardError.shared)
            throw ExitCode(2)
        }
        if json {
            print(try prettyJSON(report))
        } else {
            show(report)
        }
        if !report.complete { throw ExitCode(1) }
    }

    private func showProgress(_ done: Int, _ total: Int) {
        guard !json, isatty(2) == 1, done % 100 == 0 || done == total else { return }
        print("\r\(done) of \(total) objects", terminator: done == total ? "\n" : "", to: &StandardError.shared)
    }

    private func show(_ report: AuditReport) {
        for stream in report.streams {
            print(
                "\(stream.stream): \(stream.events) events in \(stream.objects) objects, \(stream.bytes) bytes"
                    + (stream.complete_through.map { ", complete through \($0)" } ?? ""))
        }
        for finding in report.findings {
            let place = [finding.stream, finding.object].compactMap(\.self).joined(separator: " ")
            print("\(finding.kind.rawValue): \(place): \(finding.detail)")
        }
        print(report.complete ? "complete" : "NOT complete: \(report.findings.count) findings")
    }
}
