import Synchronization

/// Counts durations in buckets: two relaxed atomic adds and a short scan of the bounds. Any thread.
package final class Histogram: Sendable {
    private final class Cell: Sendable { let count = Atomic<UInt64>(0) }

    let bounds: [Double]
    private let cells: [Cell]
    private let nanoseconds = Atomic<UInt64>(0)

    init(bounds: [Double]) {
        self.bounds = bounds
        cells = (0...bounds.count).map { _ in Cell() }
    }

    package func record(_ duration: Duration) {
        let seconds = max(0, duration / .seconds(1))
        let index = bounds.firstIndex { seconds <= $0 } ?? bounds.count
        cells[index].count.wrappingAdd(1, ordering: .relaxed)
        nanoseconds.wrappingAdd(UInt64(seconds * 1e9), ordering: .relaxed)
    }

    /// Per bucket, not cumulative; the last is beyond every bound.
    var counts: [UInt64] { cells.map { $0.count.load(ordering: .relaxed) } }
    var sumSeconds: Double { Double(nanoseconds.load(ordering: .relaxed)) / 1e9 }
}
