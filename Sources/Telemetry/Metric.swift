/// One metric: what it is called, what it measures and in which unit. Declared in ``MetricCatalogue`` only.
package struct Metric: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case counter
        case gauge
        /// Upper bounds of the buckets, ascending; `+Inf` is added.
        case histogram([Double])

        /// As `# TYPE` and the docs say it.
        package var word: String {
            switch self {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        }
    }

    /// Prometheus' conventions: base units, `_total` on counters.
    package let name: String
    package let kind: Kind
    /// `seconds`, `bytes`, `events`, `batches`, …; empty for a plain state.
    package let unit: String
    package let help: String
    /// Names of the labels. None has values that a peer can choose: streams are those of the settings, reasons are
    /// problem types.
    package let labels: [String]

    init(_ name: String, _ kind: Kind, _ unit: String, _ help: String, labels: [String] = []) {
        self.name = name
        self.kind = kind
        self.unit = unit
        self.help = help
        self.labels = labels
    }

    package static func == (a: Metric, b: Metric) -> Bool { a.name == b.name }
    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
