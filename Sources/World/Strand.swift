import Simulation

/// One strand of what happens in a world, with randomness of its own. What other strands do changes it only where the two meet:
/// so a world without one fault is the same in all that the fault did not touch.
final class Strand: @unchecked Sendable {
    // SAFETY: a world is one task, and nothing of it runs beside another part.
    let loop: StepLoop
    var random: SeededGenerator

    init(_ loop: StepLoop, seed: UInt64) {
        self.loop = loop
        random = SeededGenerator(seed: seed)
    }

    func later(after delay: Duration, _ step: @escaping @Sendable () -> Void) {
        loop.later(after: delay, tie: random.next(), step)
    }

    func chance(_ oneIn: Int) -> Bool { random.chance(oneIn) }
    func duration(_ range: ClosedRange<Double>) -> Duration { random.duration(range) }
    func spread(_ range: ClosedRange<Double>) -> Duration { random.spread(range) }
}
