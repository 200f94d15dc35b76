import Files
import Landing
import Model

extension Gateway {
    /// States each stream's position in the ledger, now and then every `positionInterval`, until the gateway stops.
    func keepStatingPositions() {
        guard phase.withLock({ $0.phase }) == .running else { return }
        let writers = available.values.map(\.writer) + [quarantine.writer, trail.stream.writer, ledger.writer]
        // The fact's time is read before the positions: what was acknowledged by then has lower sequences.
        ledger.recordPositions { writers.map { .position(stream: $0.stream, nextSequence: $0.durableNext) } }
        timers.after(configuration.positionInterval) { [weak self] in self?.keepStatingPositions() }
    }
}
