import Gateway

/// Runs the steps of one life of one gateway; none any more once that life has ended.
final class LifeSteps: StepExecution, @unchecked Sendable {
    // SAFETY: a world runs on one thread.
    private let loop: StepLoop
    private(set) var isAlive = true

    init(_ loop: StepLoop) { self.loop = loop }

    func end() { isAlive = false }

    func later(_ step: @escaping @Sendable () -> Void) { later(after: loop.duration(0...0.0005), step) }

    func later(after delay: Duration, _ step: @escaping @Sendable () -> Void) {
        loop.later(after: delay) { [self] in if isAlive { step() } }
    }

    func jitter() -> Double { Double.random(in: 0...1, using: &loop.random) }
}
