import Files
import Journal
import Model
import Telemetry

extension StreamWriter {
    /// Drives a stream's journal: takes what has come into the mailbox, commits it in groups, seals, hands over.
    final class Committer: @unchecked Sendable {
        // SAFETY: used by the writer's thread only, from `run()` on; in simulation by steps, which never overlap.
        private let journal: StreamJournal<FS>
        private let time: Time
        private let reserve: DiskReserve<FS>
        private let mailbox: Monitor<Mailbox>
        private let commits: Histogram?
        private let onHeld: @Sendable (Int64) -> Void
        private let onAppendFailed: @Sendable (JournalError) -> Void
        private let onSealed: @Sendable (SealedSegment) -> Void
        private let onSealFailed: @Sendable (JournalError) -> Void
        private let onRetired: @Sendable (SealedSegment) -> Void
        private var toldHeld: Int64 = 0
        /// After a failed seal: not before this moment again.
        private var sealNotBefore: MonotonicInstant?
        /// It was told that a seal fails; not again for as long as it does. The same of appends.
        private var hasToldOfSeal = false
        private var hasToldOfAppend = false

        private enum Work {
            case commit([Pending])
            case order(Order)
            case stop
        }

        init(
            journal: sending StreamJournal<FS>, time: Time, reserve: DiskReserve<FS>, mailbox: Monitor<Mailbox>,
            commits: Histogram?, onHeld: @escaping @Sendable (Int64) -> Void,
            onAppendFailed: @escaping @Sendable (JournalError) -> Void,
            onSealed: @escaping @Sendable (SealedSegment) -> Void,
            onSealFailed: @escaping @Sendable (JournalError) -> Void,
            onRetired: @escaping @Sendable (SealedSegment) -> Void
        ) {
            self.journal = journal
            self.time = time
            self.reserve = reserve
            self.mailbox = mailbox
            self.commits = commits
            self.onHeld = onHeld
            self.onAppendFailed = onAppendFailed
            self.onSealed = onSealed
            self.onSealFailed = onSealFailed
            self.onRetired = onRetired
        }

        /// Works until the writer stops, waiting for work in between.
        func run() {
            while true {
                tellHeld()
                let work = mailbox.wait(until: sealDueAt) { Committer.take(&$0) }
                if !carryOn(with: work) { return }
            }
        }

        /// Works as long as there is work, without waiting.
        func runAvailable() {
            var going = true
            while going {
                tellHeld()
                let work = mailbox.withLock { Committer.take(&$0) }
                going = carryOn(with: work) && work != nil
            }
            tellHeld()
        }

        /// When a segment must be sealed though no work comes; `nil` when nothing is open.
        var sealDueAt: MonotonicInstant? {
            guard let due = journal.sealDueAt else { return nil }
            return sealNotBefore.map { max(due, $0) } ?? due
        }

        private static func take(_ mailbox: inout Mailbox) -> Work? {
            if !mailbox.orders.isEmpty { return .order(mailbox.orders.removeFirst()) }
            if !mailbox.batches.isEmpty {
                defer { mailbox.batches.removeAll(keepingCapacity: true) }
                return .commit(mailbox.batches)
            }
            return mailbox.stopping ? .stop : nil
        }

        /// Does the work, if any, and what is due anyway. False when the writer has stopped.
        private func carryOn(with work: Work?) -> Bool {
            mailbox.withLock { $0.workBegan = time.monotonic() }
            switch work {
            case .commit(let group): commit(group)
            case .order(let order): carryOut(order)
            case nil: break
            case .stop:
                mailbox.signal { $0.stopped = true }
                return false
            }
            sealIfDue()
            handOver()  // Also what an append sealed on its way past a poisoned segment.
            if !journal.isStuck { (sealNotBefore, hasToldOfSeal) = (nil, false) }
            mailbox.withLock { ($0.workBegan, $0.cannotSeal) = (nil, journal.isStuck) }
            return true
        }

        private func commit(_ group: [Pending]) {
            let least = reserve.leastClaim
            guard least > .ordinary else { return write(group) }
            for pending in group where pending.claim < least { pending.completion(.failure(.full)) }
            let taken = group.filter { $0.claim >= least }
            if !taken.isEmpty { write(taken) }
        }

        private func write(_ group: [Pending]) {
            let result: Result<[SequenceRange], WriteFailure>
            do {
                let began = time.monotonic()
                let ranges = try journal.append(group.map { $0.batch }, monotonic: began)
                commits?.record(time.monotonic() - began)
                mailbox.withLock { mailbox in
                    mailbox.durableNext = journal.nextSequence
                    mailbox.open = journal.openTotals.map(Backlog.init)
                }
                // Before the promise of the batch's room is given back, so that it is never free in between.
                tellHeld()
                result = .success(ranges)
                hasToldOfAppend = false
            } catch {
                if !hasToldOfAppend { onAppendFailed(error) }
                hasToldOfAppend = true
                result = .failure(WriteFailure(error))
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
                    onRetired(segment)
                    completion(nil)
                } catch { completion(error) }
            case .endSalvage(let segment, let completion):
                do {
                    try journal.endSalvage(of: segment)
                    completion(nil)
                } catch { completion(error) }
            case .setAside(let original, let completion):
                do {
                    try journal.setAside(original)
                    completion(nil)
                } catch { completion(error) }
            case .beginForgetting(let untold): journal.beginForgetting(untold: untold, now: time.now())
            case .salvage(let segment, let completion):
                // The original stays, for people to look at: a copy must not take the room that landing needs.
                guard reserve.leavesRoom(for: segment.length) else {
                    return completion(
                        .failure(
                            JournalError(
                                .full, "no room to salvage a damaged segment", stream: journal.stream,
                                path: segment.path)))
                }
                do { completion(.success(try journal.salvage(segment))) } catch { completion(.failure(error)) }
            }
        }

        private func tellHeld() {
            guard journal.heldBytes != toldHeld else { return }
            toldHeld = journal.heldBytes
            onHeld(toldHeld)
        }

        private func handOver() {
            let sealed = journal.takeSealed()
            guard !sealed.isEmpty else { return }
            for segment in sealed { onSealed(segment) }
            // Only now: at no moment may a batch be neither here nor with the lander.
            mailbox.withLock { $0.open = journal.openTotals.map(Backlog.init) }
        }

        private func sealIfDue() {
            let now = time.monotonic()
            guard let due = sealDueAt, due <= now else { return }
            sealNotBefore = seal() == nil ? nil : now + .seconds(1)
        }

        private func seal() -> JournalError? {
            do {
                try journal.seal()
                return nil
            } catch {
                if !hasToldOfSeal { onSealFailed(error) }
                hasToldOfSeal = true
                return error
            }
        }
    }
}
