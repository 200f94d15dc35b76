import Files
import Landing
import Journal
import Logging
import Model

extension Gateway {
    /// What a stop could do before its deadline.
    package struct StopReport: Sendable {
        /// Segments that are still in the journal; the next start lands them.
        package var segmentsLeft: Int
        package var requestsAbandoned: Int
        /// The ledger says where this life ended.
        package var hasEnded: Bool
        package var clean: Bool { segmentsLeft == 0 && requestsAbandoned == 0 && hasEnded }
    }

    /// From now on every batch is refused as ``Refusal/stopping(retryAfter:)``.
    package func refuseNewBatches() {
        phase.signal { $0.phase = .stopping }
    }

    /// Stops: takes no more batches, finishes those on their way, seals, lands, closes the ledger and lands that too.
    /// Blocks until done or until the deadline; nothing acknowledged depends on it.
    package func stop(within limit: Duration) -> StopReport {
        let deadline = time.monotonic() + limit
        refuseNewBatches()
        // Their batches are journaled, and land below: nobody's wait must hold that up.
        for stream in available.values + [quarantine] { stream.landing.stopWaiting() }
        let answered = phase.wait(until: deadline) { $0.requests == 0 ? true : nil } ?? false
        // One that was answered at its deadline may land yet, which is a fact for the ledger.
        let finished = strong.values.reduce(answered) { $1.waitUntilIdle(deadline: deadline) && $0 }
        let streams = available.values.map(\.writer) + orphans.map(\.writer) + [quarantine.writer, trail.stream.writer]
        trail.drain(deadline: deadline)
        sealAll(streams, deadline)
        zones.waitUntilLanded(deadline: deadline)
        // That may have changed the state of a zone, of which the trail tells: its last entries land too.
        trail.close(deadline: deadline)
        sealAll([trail.stream.writer], deadline)
        zones.waitUntilLanded(deadline: deadline)
        // A fact that a failing disk has put off would come behind the end.
        ledger.waitUntilWritten(deadline: deadline)
        // With a request still on its way, nobody can say where this life ends; the next start will.
        let hasEnded = finished && recordEnd(streams, deadline)
        sealAll([ledger.writer], deadline)
        zones.waitUntilLanded(deadline: deadline)
        for writer in streams + [ledger.writer] { writer.stop() }
        trail.stop()
        journal.close()
        workers.stop()
        timers.stop()
        let left = phase.signal { running in
            running.phase = .stopped
            return running.requests
        }
        // A seal that failed leaves what the lander does not know of.
        let unsealed = (streams + [ledger.writer]).count { $0.open != nil }
        return StopReport(
            segmentsLeft: zones.backlog + unsealed,
            requestsAbandoned: answered ? strong.values.reduce(0) { $0 + $1.underWay } : left, hasEnded: hasEnded)
    }

    private func sealAll(_ writers: [StreamWriter<FS, Time>], _ deadline: MonotonicInstant) {
        let remaining = Monitor(writers.count)
        for writer in writers {
            writer.seal { [log] error in
                if let error {
                    log.error("could not seal on stopping; the next start will", metadata: ["error": "\(error)"])
                }
                remaining.signal { $0 -= 1 }
            }
        }
        _ = remaining.wait(until: deadline) { $0 == 0 ? true : nil }
    }

    /// The last facts: where each stream of this incarnation ends. Returns whether they are durable.
    private func recordEnd(_ writers: [StreamWriter<FS, Time>], _ deadline: MonotonicInstant) -> Bool {
        let done = Monitor(false)
        let facts = writers.map {
            LedgerFact.incarnationEnded(
                stream: $0.stream, incarnation: incarnation, nextSequence: $0.durableNext, how: "stopped")
        }
        ledger.recordUntilDurable(facts, claim: .makesRoom) { done.signal { $0 = true } }
        let isDone = done.wait(until: deadline) { $0 ? true : nil } ?? false
        if !isDone { log.error("could not close the ledger; the next start will") }
        return isDone
    }

    /// Drops everything that somebody waits for, unanswered: in simulation, where a process that has died leaves its memory
    /// behind.
    package func abandon() {
        for stream in Array(available.values) + orphans + [quarantine, trail.stream] { stream.abandon() }
        for stream in strong.values { stream.abandon() }
        ledger.writer.abandon()
    }
}
