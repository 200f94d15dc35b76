import Files
import Landing
import Model

extension Gateway {
    /// Before anything is taken: everything up to now has landed once what earlier lives left has.
    func markBeginning() {
        let now = time.now()
        for stream in takingStreams { stream.landing.mark(now, next: stream.writer.durableNext) }
    }

    /// The first positions, which land at once: until then nothing is known of this life, and every stream of every gateway
    /// has to wait for it.
    func beginStatingPositions() { keepStatingPositions { [ledger] in ledger.writer.seal { _ in } } }

    /// States each stream's position in the ledger, now and then every `positionInterval`, until the gateway stops.
    private func keepStatingPositions(_ completion: @escaping @Sendable () -> Void = {}) {
        guard phase.withLock({ $0.phase }) == .running else { return }
        let streams = takingStreams
        // The time is read before the positions: what was acknowledged by then has lower sequences.
        ledger.recordPositions(completion) { now in
            streams.map { stream in
                let next = stream.writer.durableNext
                stream.landing.mark(now, next: next)
                #if SLUICE_CANARIES
                    if Canary.isOn(.positionAhead) {
                        return .position(stream: stream.writer.stream, nextSequence: next + 1)
                    }
                #endif
                return .position(stream: stream.writer.stream, nextSequence: next)
            } + [.position(stream: .ledger, nextSequence: ledger.writer.durableNext)]
        }
        timers.after(configuration.positionInterval) { [weak self] in self?.keepStatingPositions() }
    }

    /// In a fixed order: the same life writes the same ledger.
    private var takingStreams: [AvailableStream<FS, Time>] {
        available.sorted { $0.key < $1.key }.map(\.value) + [quarantine, trail.stream]
    }
}
