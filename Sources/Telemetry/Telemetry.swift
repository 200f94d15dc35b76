import Synchronization

/// All that the process counts.
///
/// Own counters rather than swift-metrics: its handlers are looked up by label at run time behind an existential and
/// need a back end to be shown at all, while here a counter is resolved once, costs one relaxed add on the hot path,
/// and can only exist if ``MetricCatalogue`` declares it.
package final class Telemetry: Sendable {
    private struct State {
        var counters: [Metric: [[String]: Counter]] = [:]
        var histograms: [Metric: [[String]: Histogram]] = [:]
        var sources: [@Sendable () -> [Sample]] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// The counter with these label values, made if need be. Takes a lock: keep what it returns.
    package func counter(_ metric: Metric, _ labels: [String] = []) -> Counter {
        precondition(metric.kind == .counter && labels.count == metric.labels.count)
        return state.withLock { state in
            if let known = state.counters[metric]?[labels] { return known }
            let made = Counter()
            state.counters[metric, default: [:]][labels] = made
            return made
        }
    }

    /// As ``counter(_:_:)``.
    package func histogram(_ metric: Metric, _ labels: [String] = []) -> Histogram {
        guard case .histogram(let bounds) = metric.kind, labels.count == metric.labels.count else {
            preconditionFailure("\(metric.name) is no histogram, or has other labels")
        }
        return state.withLock { state in
            if let known = state.histograms[metric]?[labels] { return known }
            let made = Histogram(bounds: bounds)
            state.histograms[metric, default: [:]][labels] = made
            return made
        }
    }

    /// Adds what is asked at each exposition. Called on the asker's thread; must be quick.
    package func addSource(_ source: @escaping @Sendable () -> [Sample]) {
        state.withLock { $0.sources.append(source) }
    }

    /// Everything in Prometheus' text format, version 0.0.4, in the order of the catalogue.
    package func exposition() -> String {
        let (counters, histograms, sources) = state.withLock { ($0.counters, $0.histograms, $0.sources) }
        let samples = Dictionary(grouping: sources.flatMap { $0() }, by: \.metric)
        var text = ""
        for metric in MetricCatalogue.all {
            text += "# HELP \(metric.name) \(metric.help)\n# TYPE \(metric.name) \(metric.kind.word)\n"
            for sample in samples[metric] ?? [] {
                text += Exposition.line(metric.name, metric.labels, sample.labels, Exposition.number(sample.value))
            }
            for (labels, counter) in sorted(counters[metric]) {
                text += Exposition.line(metric.name, metric.labels, labels, String(counter.total))
            }
            for (labels, histogram) in sorted(histograms[metric]) {
                text += Exposition.lines(metric, labels, histogram)
            }
        }
        return text
    }

    private func sorted<Value>(_ children: [[String]: Value]?) -> [([String], Value)] {
        (children ?? [:]).sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { ($0.key, $0.value) }
    }
}
