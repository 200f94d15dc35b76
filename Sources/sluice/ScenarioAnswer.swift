import ArgumentParser
import Foundation
import Scenarios

/// `sluice simulate --scenario`: what a partition would do to one region.
struct ScenarioAnswer {
    let file: String
    let plot: String?
    let json: Bool

    func give() throws {
        let text: String
        do { text = try String(contentsOfFile: file, encoding: .utf8) } catch {
            say("\(file): can't be read: \(error.localizedDescription)")
            throw ExitCode(2)
        }
        let report: ScenarioReport
        do { report = FlowModel.run(try ScenarioReader.read(text)) } catch let error as ScenarioFaults {
            for fault in error.faults { say("\(file): \(fault)") }
            throw ExitCode(2)
        }
        if let plot {
            do { try ScenarioPlot(report).svg.write(toFile: plot, atomically: true, encoding: .utf8) } catch {
                say("\(plot): can't be written: \(error.localizedDescription)")
                throw ExitCode(2)
            }
        }
        print(json ? try prettyJSON(report) : table(report))
    }

    private func say(_ text: String) { print("sluice: \(text)", to: &StandardError.shared) }

    private func table(_ report: ScenarioReport) -> String {
        var lines = ["\(report.region), \(number(report.minutes)) minutes"]
        lines += report.transitions.map { "  minute \(number($0.minute)): \($0.from) -> \($0.to), \($0.reason)" }
        if !report.outages.isEmpty {
            lines.append(
                report.drained_after_minutes.map { "drained \(number($0)) minutes after the end of the outage" }
                    ?? "not drained within the scenario")
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

    /// Whole where it is large, else two digits behind the point.
    private func number(_ value: Double) -> String {
        value == value.rounded() || abs(value) >= 1000 ? String(format: "%.0f", value) : String(format: "%.2f", value)
    }
}
