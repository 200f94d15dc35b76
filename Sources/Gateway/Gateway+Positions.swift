import Files
import Landing
import Model

extension Gateway {
    /// Before anything is taken: everything up to the moment that it returns has landed once what earlier lives left has.
    func markBeginning() -> Timestamp {
        let now = time.now()
        for stream in takingStreams { stream.landing.mark(now, next: stream.writer.durableNext) }
        return now
    }

    /// Writes what the ledger of this life begins with, and then each stream's position every `positionInterval`. What begins it
    /// lands at once: until then nothing is known of this life, and every stream of every gateway has to wait for it.
    ///
    /// The first positions come behind all that recovery found, and in its last batch: who has heard the one has heard the other.
    /// `completion` runs when all of it is durable.
    func beginStating(_ found: [LedgerFact], completion: @escaping @Sendable () -> Void) {
        record(found) { [weak self] now in
            self?.positions(now) ?? []
        } completion: { [weak self] in
            guard let self else { return }
            ledger.writer.seal { _ in }
            completion()
            timers.after(configuration.positionInterval) { [weak self] in self?.keepStatingPositions() }
        }
    }

    /// In batches: after a long outage the journal holds more segments than one batch may hold facts. `last` are facts of the
    /// last batch, as of when it is written.
    func record(
        _ facts: [LedgerFact], last: @escaping @Sendable (Timestamp) -> [LedgerFact] = { _ in [] },
        completion: @escaping @Sendable () -> Void
    ) {
        guard !facts.isEmpty else { return completion() }
        let rest = Array(facts.dropFirst(1000))
        if rest.isEmpty { return ledger.recordUntilDurable({ facts + last($0) }, completion: completion) }
        ledger.recordUntilDurable(Array(facts.prefix(1000))) { [weak self] in
            self?.record(rest, last: last, completion: completion)
        }
    }

    private func keepStatingPositions() {
        guard phase.withLock({ $0.phase }) == .running else { return }
        ledger.recordPositions(positions)
        timers.after(configuration.positionInterval) { [weak self] in self?.keepStatingPositions() }
    }

    /// Where each stream stands. `now` is read before: what was acknowledged by then has lower sequences.
    private func positions(_ now: Timestamp) -> [LedgerFact] {
        takingStreams.map { stream in
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
}
