import HeapModule
import Model
import Simulation

/// The order of everything that happens in a simulated world: steps, each due at a moment; those of one moment in an order
/// that the seed decides (``Strand``). Running a step is what moves the clocks.
final class StepLoop: @unchecked Sendable {
    // SAFETY: a world is one task, and nothing of it runs beside another part.
    private struct Entry: Comparable {
        var due: MonotonicInstant
        var tie: UInt64
        var step: @Sendable () -> Void

        static func == (a: Entry, b: Entry) -> Bool { a.due == b.due && a.tie == b.tie }
        static func < (a: Entry, b: Entry) -> Bool { (a.due, a.tie) < (b.due, b.tie) }
    }

    private var heap = Heap<Entry>()
    private var clocks: [SimulatedTime] = []
    private(set) var now = MonotonicInstant(nanoseconds: 0)
    /// Steps run.
    private(set) var count = 0
    /// Something went round and round, and was stopped. A world of hours takes a hundred steps a second at its worst.
    private(set) var isRunaway = false
    private var isStopped = false
    private static let stepsPerSecondMax = 2000
    private static let stepsAtOnceMax = 200_000

    /// A clock that moves with the world, ahead of its time or behind it; its wall clock can be made to jump.
    func makeClock(ahead: Duration) -> SimulatedTime {
        let clock = SimulatedTime()
        clock.jumpWall(by: ahead)
        clocks.append(clock)
        return clock
    }

    /// - Parameter tie: random; decides the order of what is due at one moment.
    func later(after delay: Duration, tie: UInt64, _ step: @escaping @Sendable () -> Void) {
        heap.insert(Entry(due: now + max(delay, .zero), tie: tie, step: step))
    }

    /// Runs what is due until the world has gone on for so long.
    func run(for duration: Duration) {
        let end = now + duration
        let most =
            count + StepLoop.stepsAtOnceMax + Int(duration / .seconds(1) * Double(StepLoop.stepsPerSecondMax))
        while !isStopped, let next = heap.min, next.due <= end {
            if count > most {
                isRunaway = true
                return stop()
            }
            heap.removeMin()
            advance(to: next.due)
            count += 1
            next.step()
        }
        if !isStopped { advance(to: end) }
    }

    /// Nothing more is run.
    func stop() { isStopped = true }

    /// Drops what is still to come, and with it what those steps keep alive.
    func end() { heap = Heap() }

    private func advance(to moment: MonotonicInstant) {
        guard moment > now else { return }
        for clock in clocks { clock.advance(by: moment - now) }
        now = moment
    }
}
