import Foundation
import HeapModule
import Model
import Simulation

/// The order of everything that happens in a simulated world: steps, each due at a moment; those of one moment in an order
/// that the seed decides. Running a step is what moves the clocks.
final class StepLoop: @unchecked Sendable {
    // SAFETY: a world runs on one thread.
    private struct Entry: Comparable {
        var due: MonotonicInstant
        var tie: UInt64
        var step: @Sendable () -> Void

        static func == (a: Entry, b: Entry) -> Bool { a.due == b.due && a.tie == b.tie }
        static func < (a: Entry, b: Entry) -> Bool { (a.due, a.tie) < (b.due, b.tie) }
    }

    private var heap = Heap<Entry>()
    private var clocks: [SimulatedTime] = []
    var random: SeededGenerator
    private(set) var now = MonotonicInstant(nanoseconds: 0)
    /// Steps run.
    private(set) var count = 0

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    /// A clock that moves with the world; its wall clock can be made to jump.
    func makeClock() -> SimulatedTime {
        let clock = SimulatedTime()
        clocks.append(clock)
        return clock
    }

    func later(after delay: Duration, _ step: @escaping @Sendable () -> Void) {
        heap.insert(Entry(due: now + max(delay, .zero), tie: random.next(), step: step))
    }

    /// Runs what is due until the world has gone on for so long.
    func run(for duration: Duration) {
        let end = now + duration
        while let next = heap.min, next.due <= end {
            heap.removeMin()
            advance(to: next.due)
            count += 1
            next.step()
        }
        advance(to: end)
    }

    private func advance(to moment: MonotonicInstant) {
        guard moment > now else { return }
        for clock in clocks { clock.advance(by: moment - now) }
        now = moment
    }

    /// True once in so many times.
    func chance(_ oneIn: Int) -> Bool { Int.random(in: 0..<oneIn, using: &random) == 0 }

    /// Spread evenly between the two.
    func duration(_ range: ClosedRange<Double>) -> Duration { .seconds(Double.random(in: range, using: &random)) }

    /// Mostly near the lower end, now and then up to the upper: each power of ten is as likely as the next.
    func spread(_ range: ClosedRange<Double>) -> Duration {
        let exponent = Double.random(in: log10(range.lowerBound)...log10(range.upperBound), using: &random)
        return .seconds(pow(10, exponent))
    }
}
