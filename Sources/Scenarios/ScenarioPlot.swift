import Foundation

/// Draws a scenario's answer as SVG: backlog, events refused, and how far behind each stream is, over time.
package struct ScenarioPlot {
    private static let colours = [
        "#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf", "#8c564b", "#e377c2",
    ]
    private static let left = 90.0
    private static let width = 820.0
    private static let panelHeight = 150.0
    private static let gap = 50.0
    private static let rowHeight = 18.0

    private let report: ScenarioReport
    private let names: [String]

    package init(_ report: ScenarioReport) {
        self.report = report
        names = report.streams.map(\.stream)
    }

    package var svg: String {
        let panels: [(String, (ScenarioReport.Sample, String) -> Double)] = [
            ("Backlog, GB", { Double($0.backlog_bytes[$1] ?? 0) / 1e9 }),
            ("Events refused per minute", { $0.events_refused[$1] ?? 0 }),
            ("Complete through, minutes behind", { ($0.complete_lag_seconds[$1] ?? 0) / 60 }),
            ("Newest landed event, minutes old", { ($0.freshness_seconds[$1] ?? 0) / 60 }),
        ]
        let legend = legend
        let head = 60 + Double(legend.last?.row ?? 0) * ScenarioPlot.rowHeight
        let height = head + Double(panels.count) * (ScenarioPlot.panelHeight + ScenarioPlot.gap) + 20
        var parts = [
            """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(shown(ScenarioPlot.left + ScenarioPlot.width + 30)) \(shown(height))" font-family="sans-serif" font-size="12">
            <rect width="100%" height="100%" fill="white"/>
            <text x="\(shown(ScenarioPlot.left))" y="22" font-size="\(shown(min(16, ScenarioPlot.width / Double(max(report.region.count, 1)))))">\(escaped(report.region))</text>
            """
        ]
        parts.append(drawLegend(legend))
        for (index, panel) in panels.enumerated() {
            let top = head + Double(index) * (ScenarioPlot.panelHeight + ScenarioPlot.gap)
            parts.append(draw(panel.0, at: top, panel.1))
        }
        return parts.joined(separator: "\n") + "\n</svg>\n"
    }

    /// As many rows as the names need.
    private var legend: [(x: Double, row: Int)] {
        var (x, row) = (ScenarioPlot.left, 0)
        return names.map { name in
            let width = 40 + Double(name.count) * 7.5
            if x > ScenarioPlot.left, x + width > ScenarioPlot.left + ScenarioPlot.width {
                (x, row) = (ScenarioPlot.left, row + 1)
            }
            defer { x += width }
            return (x, row)
        }
    }

    private func drawLegend(_ places: [(x: Double, row: Int)]) -> String {
        zip(names, places).enumerated().map { index, entry in
            let ((name, place), y) = (entry, 38 + Double(entry.1.row) * ScenarioPlot.rowHeight)
            return
                "<line x1=\"\(shown(place.x))\" x2=\"\(shown(place.x + 14))\" y1=\"\(shown(y))\" y2=\"\(shown(y))\" \(pen(index, 3))/><text x=\"\(shown(place.x + 18))\" y=\"\(shown(y + 4))\">\(escaped(name))</text>"
        }.joined(separator: "\n")
    }

    private func draw(_ title: String, at top: Double, _ value: (ScenarioReport.Sample, String) -> Double) -> String {
        let highest = report.samples.flatMap { sample in names.map { value(sample, $0) } }.max() ?? 0
        let scale = ScenarioPlot.ceiling(highest)
        let bottom = top + ScenarioPlot.panelHeight
        func x(_ minute: Double) -> Double { ScenarioPlot.left + minute / max(report.minutes, 1) * ScenarioPlot.width }
        var parts = report.outages.map { outage in
            let from = x(min(outage[0], report.minutes))
            let to = x(min(outage[1], report.minutes))
            return
                "<rect x=\"\(shown(from))\" y=\"\(shown(top))\" width=\"\(shown(max(to - from, 1)))\" height=\"\(shown(ScenarioPlot.panelHeight))\" fill=\"#f3e2e2\"><title>cut, or held</title></rect>"
        }
        parts.append("<text x=\"\(shown(ScenarioPlot.left))\" y=\"\(shown(top - 6))\">\(title)</text>")
        for part in [0.0, 0.5, 1.0] {
            let y = bottom - part * ScenarioPlot.panelHeight
            parts.append(
                "<line x1=\"\(shown(ScenarioPlot.left))\" x2=\"\(shown(ScenarioPlot.left + ScenarioPlot.width))\" y1=\"\(shown(y))\" y2=\"\(shown(y))\" stroke=\"#ccc\"/><text x=\"\(shown(ScenarioPlot.left - 6))\" y=\"\(shown(y + 4))\" text-anchor=\"end\">\(label(part * scale))</text>"
            )
        }
        for part in 0...6 {
            let minute = report.minutes * Double(part) / 6
            parts.append(
                "<text x=\"\(shown(x(minute)))\" y=\"\(shown(bottom + 16))\" text-anchor=\"middle\">\(label(minute)) min</text>"
            )
        }
        for (index, name) in names.enumerated() {
            // Nothing has come in at the beginning.
            let points =
                ["\(shown(x(0))),\(shown(bottom))"]
                + report.samples.map { sample in
                    "\(shown(x(sample.minute))),\(shown(bottom - value(sample, name) / scale * ScenarioPlot.panelHeight))"
                }
            parts.append(
                "<polyline fill=\"none\" \(pen(index, 1.5)) points=\"\(points.joined(separator: " "))\"/>"
            )
        }
        return parts.joined(separator: "\n")
    }

    /// The next of 1, 2 or 5 times a power of ten.
    static func ceiling(_ value: Double) -> Double {
        guard value > 0 else { return 1 }
        let power = pow(10, log10(value).rounded(.down))
        return [1, 2, 5, 10].map { $0 * power }.first { $0 >= value } ?? value
    }

    /// Where there are more streams than colours, the lines of the others are broken, each time in other pieces.
    private func pen(_ index: Int, _ width: Double) -> String {
        let (round, colour) = index.quotientAndRemainder(dividingBy: ScenarioPlot.colours.count)
        let dashes = round == 0 ? "" : " stroke-dasharray=\"\(3 * round) 3\""
        return "stroke=\"\(ScenarioPlot.colours[colour])\" stroke-width=\"\(shown(width))\"\(dashes)"
    }

    private func shown(_ value: Double) -> String { String(format: "%.1f", value) }
    private func label(_ value: Double) -> String { String(format: "%.4g", value) }

    private func escaped(_ text: String) -> String {
        text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
            .replacingOccurrences(of: ">", with: "&gt;")
    }
}
