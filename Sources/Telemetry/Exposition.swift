/// Writes lines of Prometheus' text format.
enum Exposition {
    static func line(_ name: String, _ labels: [String], _ values: [String], _ value: String) -> String {
        guard !labels.isEmpty else { return "\(name) \(value)\n" }
        let pairs = zip(labels, values).map { "\($0)=\"\(escaped($1))\"" }.joined(separator: ",")
        return "\(name){\(pairs)} \(value)\n"
    }

    static func lines(_ metric: Metric, _ labels: [String], _ histogram: Histogram) -> String {
        var text = ""
        var total: UInt64 = 0
        for (index, count) in histogram.counts.enumerated() {
            total += count
            let bound = index < histogram.bounds.count ? number(histogram.bounds[index]) : "+Inf"
            text += line(metric.name + "_bucket", metric.labels + ["le"], labels + [bound], String(total))
        }
        text += line(metric.name + "_sum", metric.labels, labels, number(histogram.sumSeconds))
        return text + line(metric.name + "_count", metric.labels, labels, String(total))
    }

    /// Whole numbers without a fraction.
    static func number(_ value: Double) -> String {
        value.rounded() == value && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
    }

    private static func escaped(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x22 || $0 == 0x5c || $0 == 0x0a }) else { return text }
        return text.reduce(into: "") { result, character in
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.append(character)
            }
        }
    }
}
