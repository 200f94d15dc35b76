package import Model

/// What one stream remembers of the batches it took: a pure state machine, owned by the stream.
///
/// It holds the batches of the idempotency window, but at most `maxBatches`; when that bound evicts a batch early, the
/// window it states shrinks to what it can still answer for (``window(now:)``).
package struct DedupIndex: Sendable {
    /// What is needed to give the first receipt again.
    package struct Record: Sendable, Equatable {
        package var fingerprint: PayloadFingerprint
        package var incarnation: Incarnation
        package var first: UInt64
        package var accepted: UInt32
        package var receivedAt: Timestamp
    }

    package typealias Waiter = @Sendable (BatchOutcome) -> Void

    package enum Verdict {
        /// New: the caller must end it with ``finish(_:incarnation:first:now:)`` or ``abort(_:)``.
        case fresh
        /// Taken before, with the same body.
        case replay(Record, rejects: [BatchEntry.Reject])
        /// The key was used for another body.
        case conflict
        /// A request with this key and another body is still being worked on: which of the two is taken is not decided.
        case busy
        /// The first request with this key is still being worked on; the waiter gets its outcome.
        case waiting
    }

    /// What is known of a key.
    package enum Known {
        case taken(Record, rejects: [BatchEntry.Reject])
        /// A request with it is being worked on; nobody can say yet how it ends.
        case inFlight
        case unknown
    }

    private struct InFlight {
        var fingerprint: PayloadFingerprint
        var waiters: [Waiter]
    }

    private let maxBatches: Int
    private let windowLength: Duration
    private var incarnations: [Incarnation] = []
    private var records: [BatchDigest: Compact] = [:]
    /// Rejects are rare: kept beside the records so that these stay small.
    private var rejects: [BatchDigest: [BatchEntry.Reject]] = [:]
    private var order: [BatchDigest] = []
    private var oldest = 0
    private var inFlight: [BatchDigest: InFlight] = [:]
    /// When the youngest batch arrived that the bound on batches evicted.
    private var evictedByCount: Timestamp?

    /// 32 bytes, since a busy stream holds hundreds of thousands.
    private struct Compact {
        var fingerprint: PayloadFingerprint
        var first: UInt64
        var receivedAt: Timestamp
        var accepted: UInt32
        var incarnation: UInt32
    }

    package init(window: Duration, maxBatches: Int) {
        windowLength = window
        self.maxBatches = max(1, maxBatches)
    }

    /// Batches remembered.
    package var count: Int { records.count }

    /// Batches that are being worked on.
    package var underWay: Int { inFlight.count }

    /// Looks the batch up; when it is being worked on, keeps the waiter.
    package mutating func begin(
        _ digest: BatchDigest, _ fingerprint: PayloadFingerprint, waiter: @escaping Waiter
    ) -> Verdict {
        if let known = records[digest] {
            #if SLUICE_CANARIES
                if Canary.isOn(.otherBodyAsRepeat) { return .replay(expanded(known), rejects: rejects[digest] ?? []) }
            #endif
            guard known.fingerprint == fingerprint else { return .conflict }
            return .replay(expanded(known), rejects: rejects[digest] ?? [])
        }
        guard let running = inFlight[digest] else {
            inFlight[digest] = InFlight(fingerprint: fingerprint, waiters: [])
            return .fresh
        }
        guard running.fingerprint == fingerprint else { return .busy }
        inFlight[digest]!.waiters.append(waiter)
        return .waiting
    }

    /// What is known of the batch, whatever its body; changes nothing.
    package func find(_ digest: BatchDigest) -> Known {
        if let known = records[digest] { return .taken(expanded(known), rejects: rejects[digest] ?? []) }
        return inFlight[digest] == nil ? .unknown : .inFlight
    }

    /// Whether the batch is known; for streams that only the gateway writes.
    package func contains(_ digest: BatchDigest) -> Bool { records[digest] != nil }

    /// The batch is durable: remember it and hand back who waits for it.
    package mutating func finish(
        _ entry: BatchEntry, incarnation: Incarnation, first: UInt64, now: Timestamp
    ) -> [Waiter] {
        insert(entry, incarnation: incarnation, first: first)
        expire(now: now)
        return inFlight.removeValue(forKey: entry.digest)?.waiters ?? []
    }

    /// The batch was not taken: forget it, so that a retry starts anew.
    package mutating func abort(_ digest: BatchDigest) -> [Waiter] {
        inFlight.removeValue(forKey: digest)?.waiters ?? []
    }

    /// Forgets what is being worked on, as the death of a process does.
    mutating func abandon() -> [Waiter] {
        defer { inFlight = [:] }
        return inFlight.values.flatMap(\.waiters)
    }

    /// Adds a batch found by recovery, or just made durable. Oldest first.
    package mutating func insert(_ entry: BatchEntry, incarnation: Incarnation, first: UInt64) {
        if incarnations.last != incarnation, !incarnations.contains(incarnation) { incarnations.append(incarnation) }
        let index = incarnations.lastIndex(of: incarnation)!
        let isNew =
            records.updateValue(
                Compact(
                    fingerprint: entry.fingerprint, first: first, receivedAt: entry.receivedAt,
                    accepted: entry.accepted,
                    incarnation: UInt32(index)),
                forKey: entry.digest) == nil
        if isNew { order.append(entry.digest) }
        if !entry.rejects.isEmpty { rejects[entry.digest] = entry.rejects }
        if records.count > maxBatches {
            if let oldest = records[order[oldest]]?.receivedAt {
                evictedByCount = max(evictedByCount ?? oldest, oldest)
            }
            evictOldest()
        }
    }

    /// Drops what is older than the window.
    package mutating func expire(now: Timestamp) {
        #if SLUICE_CANARIES
            let windowLength = Canary.isOn(.forgetEarly) ? windowLength / 4 : windowLength
        #endif
        let horizon = now.microseconds - windowLength.wholeMicroseconds
        while oldest < order.count, let record = records[order[oldest]], record.receivedAt.microseconds < horizon {
            evictOldest()
        }
    }

    /// How far back a repeated batch is recognised: the set window, or the age of the youngest batch that the
    /// bound on batches evicted, when that is less.
    package func window(now: Timestamp) -> Duration {
        guard let evictedByCount else { return windowLength }
        return min(windowLength, .microseconds(max(0, now.microseconds - evictedByCount.microseconds)))
    }

    private mutating func evictOldest() {
        guard oldest < order.count else { return }
        let digest = order[oldest]
        oldest += 1
        records[digest] = nil
        rejects[digest] = nil
        if oldest > 4096, oldest * 2 > order.count {
            order.removeFirst(oldest)
            oldest = 0
        }
    }

    private func expanded(_ compact: Compact) -> Record {
        Record(
            fingerprint: compact.fingerprint, incarnation: incarnations[Int(compact.incarnation)],
            first: compact.first, accepted: compact.accepted, receivedAt: compact.receivedAt)
    }
}
