import Foundation
package import Files
package import Journal
package import Model
package import Telemetry
import SystemPackage

/// The one thread that writes a stream's journal: group commit, seals, retirement.
///
/// All batches that come in while one sync runs share the next. Completions run on this thread, after the sync.
package final class StreamWriter<FS: FileSystem, Time: TimeSource>: Sendable {
    package typealias Completion = @Sendable (Result<SequenceRange, WriteFailure>) -> Void

    struct Pending {
        var batch: EncodedBatch
        var claim: RoomClaim
        var completion: Completion
    }
    struct Mailbox {
        var batches: [Pending] = []
        var orders: [Order] = []
        var durableNext: UInt64
        /// What the segment that is not sealed yet holds.
        var open: Backlog?
        /// When the thread began what it does: a commit, a seal, a retirement.
        var workBegan: MonotonicInstant?
        /// A seal fails, and is tried again.
        var cannotSeal = false
        var stopping = false
        var stopped = false
    }
    enum Order {
        /// Seal what is open; the completion follows ``onSealed``.
        case seal(@Sendable (JournalError?) -> Void)
        case retire(SealedSegment, @Sendable (JournalError?) -> Void)
        case salvage(SealedSegment, @Sendable (Result<Salvage, JournalError>) -> Void)
        case endSalvage(SealedSegment, @Sendable (JournalError?) -> Void)
        case setAside(FilePath, @Sendable (JournalError?) -> Void)
        case beginForgetting(untold: Set<Incarnation>)
    }
    package let stream: StreamName
    private let mailbox: Monitor<Mailbox>
    private let time: Time
    /// `nil` in production.
    private let steps: CommitterSteps<FS, Time>?

    /// Takes the journal over, on a thread of its own, or, given steps, without one. On the writer's thread, `onHeld` is told
    /// how many bytes the journal holds whenever that has changed, `onAppendFailed` hears why a batch could not be written, for the
    /// first in a row that could not, `onSealed` gets each segment that is ready to land, `onSealFailed` hears once why one can't be
    /// sealed now (it is tried again), and `onRetired` gets each that has landed, once the journal knows that for good.
    package init(
        stream: StreamName, journal: sending StreamJournal<FS>, time: Time, reserve: DiskReserve<FS>,
        steps: (any StepExecution)? = nil, commits: Histogram? = nil, onHeld: @escaping @Sendable (Int64) -> Void,
        onAppendFailed: @escaping @Sendable (JournalError) -> Void,
        onSealed: @escaping @Sendable (SealedSegment) -> Void,
        onSealFailed: @escaping @Sendable (JournalError) -> Void,
        onRetired: @escaping @Sendable (SealedSegment) -> Void
    ) {
        self.stream = stream
        self.time = time
        mailbox = Monitor(Mailbox(durableNext: journal.nextSequence))
        let committer = Committer(
            journal: journal, time: time, reserve: reserve, mailbox: mailbox, commits: commits, onHeld: onHeld,
            onAppendFailed: onAppendFailed, onSealed: onSealed, onSealFailed: onSealFailed, onRetired: onRetired)
        if let steps {
            self.steps = CommitterSteps(committer, time: time, steps: steps)
            return
        }
        self.steps = nil
        let thread = Thread { committer.run() }
        thread.name = "journal-\(stream)"
        thread.stackSize = 1 << 20
        thread.start()
    }

    /// Hands a batch to the next commit.
    package func append(
        _ batch: EncodedBatch, claim: RoomClaim = .ordinary, completion: @escaping Completion
    ) {
        let taken = mailbox.signal { mailbox in
            guard !mailbox.stopping else { return false }
            mailbox.batches.append(Pending(batch: batch, claim: claim, completion: completion))
            return true
        }
        if !taken { return completion(.failure(.stopping)) }
        steps?.wake()
    }

    /// The sequence after the last durable one. Every event acknowledged before this call has a lower one.
    package var durableNext: UInt64 { mailbox.withLock { $0.durableNext } }

    /// What is durable and not sealed yet; `nil` when nothing is.
    package var open: Backlog? { mailbox.withLock { $0.open } }

    /// For how long the thread has been at what it does, so that commits wait; `nil` when it waits for work.
    func workAge(now: MonotonicInstant) -> Duration? { mailbox.withLock { $0.workBegan }.map { now - $0 } }

    /// Whether a seal fails, so that a segment does not land.
    var cannotSeal: Bool { mailbox.withLock { $0.cannotSeal } }

    package func seal(completion: @escaping @Sendable (JournalError?) -> Void) { order(.seal(completion)) }

    /// Forgets a landed segment: its keys go to the key log, then the file goes.
    package func retire(_ segment: SealedSegment, completion: @escaping @Sendable (JournalError?) -> Void) {
        order(.retire(segment, completion))
    }

    /// Copies the sound runs of a damaged sealed segment; see ``StreamJournal/salvage(_:)``.
    package func salvage(
        _ segment: SealedSegment, completion: @escaping @Sendable (Result<Salvage, JournalError>) -> Void
    ) {
        order(.salvage(segment, completion))
    }

    /// Sets a damaged segment aside once it has been salvaged.
    func endSalvage(of segment: SealedSegment, completion: @escaping @Sendable (JournalError?) -> Void) {
        order(.endSalvage(segment, completion))
    }

    /// Sets the original of a recovery's rescue aside.
    func setAside(_ original: FilePath, completion: @escaping @Sendable (JournalError?) -> Void) {
        order(.setAside(original, completion))
    }

    /// What keys tell of earlier lives is durable in the ledger, but for those that are `untold`: see
    /// ``StreamJournal/beginForgetting(untold:now:)``.
    func beginForgetting(untold: Set<Incarnation>) { order(.beginForgetting(untold: untold)) }

    /// Ends the thread once everything given so far is done, and waits for it.
    package func stop() {
        mailbox.signal { $0.stopping = true }
        steps?.runNow()
        _ = mailbox.wait { $0.stopped ? true : nil }
    }

    /// Drops what it was given and has not done, unanswered, as the death of a process does.
    func abandon() {
        _ = mailbox.withLock { mailbox in
            defer { (mailbox.batches, mailbox.orders) = ([], []) }
            return (mailbox.batches, mailbox.orders)
        }
    }

    private func order(_ order: Order) {
        mailbox.signal { $0.orders.append(order) }
        steps?.wake()
    }
}
