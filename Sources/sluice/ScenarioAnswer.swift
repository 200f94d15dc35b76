import ArgumentParser
import Foundation
import Scenarios
import Settings

/// `sluice simulate --scenario`: what a partition would do to one region.
struct ScenarioAnswer {
    /// A scenario file has some hundred lines.
    private static let bytesMax = 1_048_576
    private static let transitionsMax = 40

    let file: String
    let plot: String?
    let json: Bool

    func give() throws {
        let scenario: Scenario
        do { scenario = try ScenarioReader.read(text(), source: file) } catch {
            for fault in error.faults { say("\(fault)") }
            throw ExitCode(2)
        }
        if let plot, plot != "-", isSameFile(plot, file) {
            say("\(plot): is the scenario itself; give --plot a file of its own")
            throw ExitCode(2)
        }
        let line = ProgressLine()
        let minutes = scenario.lasts / .seconds(60)
        let report = FlowModel.run(scenario) { minute in line.show { "minute \(minute) of \(number(minutes))" } }
        line.end()
        if plot == "-" { return try put(ScenarioPlot(report).svg) }
        try put((json ? prettyJSON(report) : table(report)) + "\n")
        if let plot {
            // Not by way of a file beside it: what is there may be a pipe, or a link to another place.
            do { try ScenarioPlot(report).svg.write(toFile: plot, atomically: false, encoding: .utf8) } catch {
                say("\(plot): can't be written: \(reason(error))")
                throw ExitCode(2)
            }
        }
    }

    /// Unlike `print`, with word of a full disk.
    private func put(_ text: String) throws {
        do { try FileHandle.standardOutput.write(contentsOf: Data(text.utf8)) } catch {
            say("the answer can't be written: \(reason(error))")
            throw ExitCode(2)
        }
    }

    private func text() throws(SettingsError) -> String {
        func unreadable(_ why: String) -> SettingsError {
            SettingsError(faults: [.init(source: file, line: nil, column: nil, key: "", message: why)])
        }
        let data: Data
        do {
            let handle = try FileHandle(forReadingFrom: URL(filePath: file))
            data = try handle.read(upToCount: ScenarioAnswer.bytesMax + 1) ?? Data()
        } catch { throw unreadable("can't be read: \(reason(error))") }
        guard data.count <= ScenarioAnswer.bytesMax else {
            throw unreadable("is more than \(ScenarioAnswer.bytesMax) bytes: that is no scenario")
        }
        guard let text = String(data: data, encoding: .utf8) else { throw unreadable("is not UTF-8") }
        return text
    }

    /// What the system said, without what Foundation makes of it.
    private func reason(_ error: any Error) -> String {
        let cause = ((error as NSError).userInfo[NSUnderlyingErrorKey] as? any Error ?? error) as NSError
        return cause.domain == NSPOSIXErrorDomain ? String(cString: strerror(Int32(cause.code))) : "\(error)"
    }

    private func isSameFile(_ one: String, _ other: String) -> Bool {
        func identity(_ path: String) -> [UInt64]? {
            let place = URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false)
            let attributes = try? FileManager.default.attributesOfItem(atPath: place)
            return attributes.map { attributes in
                [.systemNumber, .systemFileNumber].map { (attributes[$0] as? NSNumber)?.uint64Value ?? 0 }
            }
        }
        return identity(one).map { $0 == identity(other) } ?? false
    }

    private func say(_ text: String) { print("sluice: \(text)", to: &StandardError.shared) }

    private func table(_ report: ScenarioReport) -> String {
        var lines = ["\(report.region), \(number(report.minutes)) minutes"]
        lines += report.transitions.prefix(ScenarioAnswer.transitionsMax).map {
            "  minute \(number($0.minute)): \($0.from) -> \($0.to), \($0.reason)"
        }
        let more = report.transitions.count - ScenarioAnswer.transitionsMax
        if more > 0 { lines.append("  and \(more) more; --json has all") }
        switch report.outage {
        case .none where report.behind_at_end:
            lines.append("further behind than usual at the end: more comes in than link and round trip let land")
        case .none: break
        case .lasting: lines.append("the last outage is not over at the end of the scenario")
        case .over:
            lines.append(after(report.drained_after_minutes, "drained"))
            lines.append(after(report.caught_up_after_minutes, "caught up"))
        }
        var table = TextTable(
            "STREAM", "MODE", "OFFERED", "ACCEPTED", "REFUSED", "FROM MINUTE", "BACKLOG GB", "BEHIND MIN", "AGE MIN")
        for stream in report.streams {
            table.add(
                stream.stream, stream.consistency, number(stream.events_offered), number(stream.events_accepted),
                number(stream.events_refused), stream.first_refused_at_minute.map(number) ?? "-",
                number(Double(stream.backlog_bytes_max) / 1e9), number(stream.complete_lag_seconds_max / 60),
                number(stream.freshness_seconds_max / 60))
        }
        return lines.joined(separator: "\n") + "\n\n" + table.text
    }

    private func after(_ minutes: Double?, _ what: String) -> String {
        minutes.map { "\(what) \(number($0)) minutes after the end of the last outage" }
            ?? "not \(what) within the scenario"
    }

    /// Whole where it is large, else two digits behind the point.
    private func number(_ value: Double) -> String {
        value == value.rounded() || abs(value) >= 1000 ? String(format: "%.0f", value) : String(format: "%.2f", value)
    }
}
