import Foundation
package import Files
package import Journal
package import Model

/// The one thread that writes a stream's journal: group commit, seals, retirement.
///
/// All batches that come in while one sync runs share the next. Completions run on this thread, after the sync.
package final class StreamWriter<FS: FileSystem, Time: TimeSource>: Sendable {
    package typealias Completion = @Sendable (Result<SequenceRange, WriteFailure>) -> Void

    private struct Pending {
        var batch: EncodedBatch
        var completion: Completion
    }
    private struct Mailbox {
        var batches: [Pending] = []
        var orders: [Order] = []
        var durableNext: UInt64
        var stopping = false
        var stopped = false
    }
    private enum Order {
        /// Seal what is open; the completion follows ``onSealed``.
        case seal(@Sendable (JournalError?) -> Void)
        case retire(SealedSegment, @Sendable (JournalError?) -> Void)
        case salvage(SealedSegment, @Sendable (Result<Salvage, JournalError>) -> Void)
    }
    private enum Work {
        case commit([Pending])
        case order(Order)
        case tick
        case stop
    }

    package let stream: StreamName
    private let mailbox: Monitor<Mailbox>
    private let time: Time

    /// Takes the journal over. On the writer's thread, `onHeld` is told how many bytes the journal holds whenever that has
    /// changed, and `onSealed` gets each segment that is ready to land.
    package init(
        stream: StreamName, journal: sending StreamJournal<FS>, time: Time, reserve: DiskReserve<FS>,
        onHeld: @escaping @Sendable (Int64) -> Void, onSealed: @escaping @Sendable (SealedSegment) -> Void
    ) {
        self.stream = stream
        self.time = time
        mailbox = Monitor(Mailbox(durableNext: journal.nextSequence))
        let committer = Committer(
            journal: journal, time: time, reserve: reserve, mailbox: mailbox, onHeld: onHeld, onSealed: onSealed)
        let thread = Thread { committer.run() }
        thread.name = "journal-\(stream)"
        thread.stackSize = 1 << 20
        thread.start()
    }

    /// Hands a batch to the next commit.
    package func append(_ batch: EncodedBatch, completion: @escaping Completion) {
        let taken = mailbox.signal { mailbox in
            guard !mailbox.stopping else { return false }
            mailbox.batches.append(Pending(batch: batch, completion: completion))
            return true
        }
        if !taken { completion(.failure(.stopping)) }
    }

    /// The sequence after the last durable one. Every event acknowledged before this call has a lower one.
    package var durableNext: UInt64 { mailbox.withLock { $0.durableNext } }

    package func seal(completion: @escaping @Sendable (JournalError?) -> Void) { order(.seal(completion)) }

    /// Forgets a landed segment: its keys go to the key log, then the file goes.
    package func retire(_ segment: SealedSegment, completion: @escaping @Sendable (JournalError?) -> Void) {
        order(.retire(segment, completion))
    }

    /// Splits a damaged sealed segment into its sound runs.
    package func salvage(
        _ segment: SealedSegment, completion: @escaping @Sendable (Result<Salvage, JournalError>) -> Void
    ) {
        order(.salvage(segment, completion))
    }

    /// Ends the thread once everything given so far is done, and waits for it.
    package func stop() {
        mailbox.signal { $0.stopping = true }
        _ = mailbox.wait { $0.stopped ? true : nil }
    }

    private func order(_ order: Order) { mailbox.signal { $0.orders.append(order) } }

    /// What lives on the thread.
    private final class Committer: @unchecked Sendable {
        // SAFETY: used by the writer's thread only, from `run()` on.
        private let journal: StreamJournal<FS>
        private let time: Time
        private let reserve: DiskReserve<FS>
        private let mailbox: Monitor<Mailbox>
        private let onHeld: @Sendable (Int64) -> Void
        private let onSealed: @Sendable (SealedSegment) -> Void
        private var toldHeld: Int64 = 0
        /// After a failed seal: not before this moment again.
        private var sealNotBefore: MonotonicInstant?

        init(
            journal: sending StreamJournal<FS>, time: Time, reserve: DiskReserve<FS>, mailbox: Monitor<Mailbox>,
            onHeld: @escaping @Sendable (Int64) -> Void, onSealed: @escaping @Sendable (SealedSegment) -> Void
        ) {
            self.onHeld = onHeld
            self.journal = journal
            self.time = time
            self.reserve = reserve
            self.mailbox = mailbox
            self.onSealed = onSealed
        }

        func run() {
            while true {
                tellHeld()
                switch nextWork() {
                case .commit(let group): commit(group)
                case .order(let order): carryOut(order)
                case .tick: break
                case .stop:
                    mailbox.signal { $0.stopped = true }
                    return
                }
                sealIfDue()
                handOver()  // Also what an append sealed on its way past a poisoned segment.
            }
        }

        private func nextWork() -> Work {
            var deadline = journal.sealDueAt
            if let due = deadline, let notBefore = sealNotBefore { deadline = max(due, notBefore) }
            return mailbox.wait(until: deadline) { mailbox -> Work? in
                if !mailbox.orders.isEmpty { return .order(mailbox.orders.removeFirst()) }
                if !mailbox.batches.isEmpty {
                    defer { mailbox.batches.removeAll(keepingCapacity: true) }
                    return .commit(mailbox.batches)
                }
                return mailbox.stopping ? .stop : nil
            } ?? .tick
        }

        private func commit(_ group: [Pending]) {
            let result: Result<[SequenceRange], WriteFailure>
            if reserve.isBreached {
                result = .failure(.full)
            } else {
                do {
                    let ranges = try journal.append(group.map(\.batch), monotonic: time.monotonic())
                    mailbox.withLock { $0.durableNext = journal.nextSequence }
                    // Before the promise of the batch's room is given back, so that it is never free in between.
                    tellHeld()
                    result = .success(ranges)
                } catch {
                    result = .failure(WriteFailure(error))
                }
            }
            for (index, pending) in group.enumerated() { pending.completion(result.map { $0[index] }) }
        }

        private func carryOut(_ order: Order) {
            switch order {
            case .seal(let completion):
                let error = seal()
                handOver()
                completion(error)
            case .retire(let segment, let completion):
                do {
                    try journal.retire(segment, now: time.now())
                    completion(nil)
                } catch { completion(error) }
            case .salvage(let segment, let completion):
                do { completion(.success(try journal.salvage(segment))) } catch { completion(.failure(error)) }
            }
        }

        private func tellHeld() {
            guard journal.heldBytes != toldHeld else { return }
            toldHeld = journal.heldBytes
            onHeld(toldHeld)
        }

        private func handOver() {
            for segment in journal.takeSealed() { onSealed(segment) }
        }

        private func sealIfDue() {
            let now = time.monotonic()
            guard let due = journal.sealDueAt, due <= now, sealNotBefore.map({ $0 <= now }) ?? true else { return }
            sealNotBefore = seal() == nil ? nil : now + .seconds(1)
        }

        private func seal() -> JournalError? {
            do {
                try journal.seal()
                return nil
            } catch { return error }
        }
    }
}
