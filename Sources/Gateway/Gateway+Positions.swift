import Files
import Landing
import Model

extension Gateway {
    /// States each stream's position in the ledger, now and then every `positionInterval`, until the gateway stops.
    func keepStatingPositions() {
        guard phase.withLock({ $0.phase }) == .running else { return }
        let streams = Array(available.values) + [quarantine, trail.stream]
        // The time is read before the positions: what was acknowledged by then has lower sequences.
        ledger.recordPositions { now in
            streams.map { stream in
                let next = stream.writer.durableNext
                stream.landing.mark(now, next: next)
                return .position(stream: stream.writer.stream, nextSequence: next)
            } + [.position(stream: .ledger, nextSequence: ledger.writer.durableNext)]
        }
        timers.after(configuration.positionInterval) { [weak self] in self?.keepStatingPositions() }
    }
}
