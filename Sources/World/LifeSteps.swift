import Gateway

/// Runs the steps of one life of one gateway; none any more once that life has ended.
final class LifeSteps: StepExecution, @unchecked Sendable {
    // SAFETY: a world is one task, and nothing of it runs beside another part.
    private let strand: Strand
    private(set) var isAlive = true
    private var pending: [Int: any Sendable] = [:]
    private var nextPending = 0
    /// Called after every step: a step may have been the life's last.
    private let after: () -> Void

    init(_ strand: Strand, after: @escaping () -> Void) {
        self.strand = strand
        self.after = after
    }

    /// The life is over: nobody hears of what was on its way.
    func end() {
        isAlive = false
        pending = [:]
    }

    /// What calls `completion` once, while the life lasts. What holds it keeps nothing else alive.
    func whileAlive<Value: Sendable>(
        _ completion: @escaping @Sendable (Value) -> Void
    ) -> @Sendable (Value) -> Void {
        let number = nextPending
        nextPending += 1
        pending[number] = completion
        return { [weak self] value in
            (self?.pending.removeValue(forKey: number) as? @Sendable (Value) -> Void)?(value)
        }
    }

    func later(_ step: @escaping @Sendable () -> Void) { later(after: strand.duration(0...0.0005), step) }

    func later(after delay: Duration, _ step: @escaping @Sendable () -> Void) {
        strand.later(after: delay) { [self] in
            guard isAlive else { return }
            step()
            after()
        }
    }

    func jitter() -> Double { Double.random(in: 0...1, using: &strand.random) }
}
