import ArgumentParser
import Foundation
import LoadGenerator
import Model

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send load to a gateway and measure its answers.",
        discussion: """
            Each connection sends one batch at a time, each with an Idempotency-Key of its own; 429 and 503 are tried again \
            with the same key after Retry-After. With --rate, latency counts from when a batch was due. Exit status: 0 \
            everything was acknowledged, 1 the gateway could not be reached or refused a batch.
            """)

    @Option(help: "The gateway's data plane.")
    var url = "http://127.0.0.1:8080"

    @Option(help: "The stream.")
    var stream = "audit_logs"

    @Option(help: "Events per request.")
    var batch = 500

    @Option(help: "Connections, each with one request at a time.")
    var connections = 4

    @Option(help: "End after this many events.")
    var events: Int?

    @Option(help: "End after this many seconds. (default: 10, unless --events is given)")
    var seconds: Double?

    @Option(help: "Events per second over all connections; 0 for as fast as they are acknowledged.")
    var rate = 0.0

    @Option(help: "Mean size of the events in bytes, which are made up like CloudTrail's.")
    var eventBytes = 2_090

    @Option(help: "Send the lines of this file instead, again and again.")
    var file: String?

    @Flag(help: "Send bodies with Content-Encoding gzip.")
    var gzip = false

    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        guard batch > 0, connections > 0, rate >= 0 else {
            throw ValidationError("--batch and --connections must be above 0, --rate not below.")
        }
        guard events == nil || seconds == nil else { throw ValidationError("Give --events or --seconds, not both.") }
        guard events ?? 1 > 0, seconds ?? 1 > 0 else {
            throw ValidationError("--events and --seconds must be above 0.")
        }
        guard eventBytes >= AuditEvents.meanBytesMin else {
            throw ValidationError("--event-bytes must be at least \(AuditEvents.meanBytesMin).")
        }
    }

    func run() throws {
        let load = try makeConfiguration()
        let report: LoadReport
        do {
            report = try LoadRun.run(load, progress: showProgress)
        } catch {
            print("sluice bench: \(error)", to: &StandardError.shared)
            throw ExitCode(1)
        }
        if json {
            print(try prettyJSON(report))
        } else {
            show(report)
        }
    }

    private func makeConfiguration() throws -> LoadConfiguration {
        guard let parts = URLComponents(string: url), parts.scheme == "http", let host = parts.host, !host.isEmpty,
            let port = UInt16(exactly: parts.port ?? 80)
        else { throw ValidationError("--url must look like http://host:port.") }
        guard let name = StreamName(stream) else { throw ValidationError("--stream is no name of a stream.") }
        let limit: LoadConfiguration.Limit = events.map { .events($0) } ?? .duration(.seconds(seconds ?? 10))
        var load = LoadConfiguration(host: host, port: port, stream: name, limit: limit)
        load.events = file.map { .file($0) } ?? .synthetic(meanBytes: eventBytes)
        load.batch = batch
        load.connections = connections
        load.rate = rate
        load.coding = gzip ? .gzip : .identity
        return load
    }

    private func showProgress(_ progress: LoadRun.Progress) {
        guard !json, isatty(2) == 1 else { return }
        let seconds = progress.elapsed / .seconds(1)
        let perSecond = Int(Double(progress.acknowledged) / seconds)
        print(
            "\(Int(seconds)) s: \(progress.acknowledged) events acknowledged, \(perSecond) a second, \(progress.retries) retries",
            to: &StandardError.shared)
    }

    private func show(_ report: LoadReport) {
        let latency = report.latency_ms
        let statuses = report.statuses.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        let rows = [
            ("acknowledged", "\(report.acknowledged) of \(report.events) events in \(report.seconds.formatted(3)) s"),
            ("throughput", "\(Int(report.events_per_second)) events/s, \(report.megabytes_per_second) MB/s"),
            ("answers", statuses.joined(separator: ", ") + "; \(report.retries) retries, \(report.errors) errors"),
            (
                "latency ms",
                "p50 \(latency.p50), p90 \(latency.p90), p99 \(latency.p99), p99.9 \(latency.p99_9), max \(latency.max)"
            ),
        ]
        for (name, value) in rows { print(name.padding(toLength: 14, withPad: " ", startingAt: 0) + value) }
    }
}

extension Double {
    fileprivate func formatted(_ places: Int) -> String { String(format: "%.\(places)f", self) }
}
