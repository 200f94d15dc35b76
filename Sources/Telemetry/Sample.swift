/// A value that is read when it is asked for, rather than counted: gauges.
package struct Sample: Sendable {
    package var metric: Metric
    /// In the order of ``Metric/labels``.
    package var labels: [String]
    package var value: Double

    package init(_ metric: Metric, _ labels: [String] = [], _ value: Double) {
        precondition(labels.count == metric.labels.count, "\(metric.name) has other labels")
        self.metric = metric
        self.labels = labels
        self.value = value
    }
}
