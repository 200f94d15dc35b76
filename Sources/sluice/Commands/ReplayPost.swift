import ArgumentParser
import Audit
import Curl
import Foundation
import Landing
import Model
import Replay
import Settings

struct ReplayPost: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "post",
        abstract: "Send the batches of landed objects to a gateway again, each under its own key.",
        discussion: """
            A gateway that knows a batch answers so, and nothing lands again; one that does not know it takes it as new. Events \
            keep their keys. The gateway's own streams are left out. Exit status: 0 all batches are taken or known, 1 some \
            are not (they are named), 2 it could not go on. An API key is taken from SLUICE_API_KEY.
            """)

    @Argument(help: "The zone to read: a directory, s3://bucket/prefix, or a name of the settings.")
    var source: String

    @OptionGroup var places: Places
    @OptionGroup var objects: ReplayObjects

    @Option(help: "The gateway's data plane.")
    var url = "http://127.0.0.1:8080"

    @Option(
        help: "Only batches of this producer: where gateways tell producers by key, each needs its own SLUICE_API_KEY.")
    var producer: String?

    @Option(help: "Events per second at most; 0 for as fast as they are taken.")
    var rate = 0.0

    @Option(help: "Batches on their way at once.")
    var concurrency = 4

    @Option(help: "Seconds after which a batch is given up that the gateway puts off or does not answer.")
    var patience = 600

    @Flag(help: "Count the batches; send nothing.")
    var dryRun = false

    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        guard (1...64).contains(concurrency) else { throw ValidationError("--concurrency must be from 1 to 64.") }
        guard rate >= 0, (1...86_400).contains(patience) else {
            throw ValidationError("--rate must not be below 0, --patience from 1 to 86400.")
        }
        guard url.wholeMatch(of: #/https?:\/\/[A-Za-z0-9.\[\]:-]+\/?/#) != nil else {
            throw ValidationError("--url must be http:// or https://, a host, perhaps a port, and no path.")
        }
    }

    func run() async throws {
        let zones = try places.zones([source], command: "replay post")
        objects.warnOfRetention()
        let reading = ZoneReading(command: "replay")
        var options = CurlOptions()
        options.caFile = places.caFile
        let http = CurlClient(options)
        defer {
            reading.stop()
            http.stop()
        }
        let poster = BatchPoster(
            http, url: url.hasSuffix("/") ? String(url.dropLast()) : url,
            apiKey: ProcessInfo.processInfo.environment["SLUICE_API_KEY"], patience: .seconds(patience))
        let posting = Posting(
            dryRun ? nil : poster, width: concurrency, rate: rate,
            selection: objects.selection(internalStreams: false), producer: producer)
        do {
            let reader = try reading.reader(zones[0])
            let line = ProgressLine()
            try await objects.each(of: reader, internalStreams: false) { page in
                for object in page {
                    try await posting.post(object, of: reader)
                    line.show { posting.report.text }
                }
            } missing: {
                posting.report.tally.add(.init($0, $1))
            }
            try await posting.flush()
            line.end()
        } catch {
            print(
                "sluice replay post: \(sentence(error)); \(posting.report.text); started again, it is told what is known",
                to: &StandardError.shared)
            throw ExitCode(2)
        }
        if json { print(try prettyJSON(posting.report)) } else { show(posting.report) }
        if posting.report.tally.problems > 0 { throw ExitCode(1) }
    }

    private func show(_ report: PostReport) {
        for problem in report.tally.examples {
            print("\(problem.object): " + (problem.batch_key.map { "batch \($0): " } ?? "") + problem.detail)
        }
        if report.tally.problems > report.tally.examples.count {
            print("… and \(report.tally.problems - report.tally.examples.count) more")
        }
        print(report.text)
        if report.tally.objects == 0 { print("nothing matched", to: &StandardError.shared) }
    }
}
