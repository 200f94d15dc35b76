package import Model

/// Bounds the bytes that the journals hold: each stream by its own budget, all together by the total, of which streams of
/// low priority may fill less, so that they refuse first and those of the highest priority last. A pure state machine.
///
/// Nothing that was acknowledged is ever dropped: a full budget only refuses what is new. The gateway's own streams count,
/// but are not refused, since landing needs the ledger.
package struct JournalBudget: Sendable {
    package struct Share: Sendable, Equatable {
        /// 0 to 9; the lowest refuse first. Default 5.
        package var priority = 5
        /// The stream's own budget in bytes; `nil` for none.
        package var bytes: Int64?
        package init(priority: Int = 5, bytes: Int64? = nil) {
            self.priority = priority
            self.bytes = bytes
        }
    }

    private struct Use {
        var held: Int64 = 0
        /// Promised to batches that are on their way into the journal.
        var promised: Int64 = 0
    }

    private let total: Int64?
    private let shares: [StreamName: Share]
    private let ceilings: [Int: Int64]
    private var uses: [StreamName: Use] = [:]
    private var used: Int64 = 0
    private var freed = RateMeter()

    /// - Parameter total: in bytes; `nil` for no bound but the disk.
    package init(total: Int64?, shares: [StreamName: Share]) {
        self.total = total
        self.shares = shares
        let levels = Set(shares.values.map(\.priority)).sorted()
        var ceilings: [Int: Int64] = [:]
        for (index, level) in levels.enumerated() {
            ceilings[level] = total.map { JournalBudget.ceiling($0, level: index, of: levels.count) }
        }
        #if SLUICE_CANARIES
            if Canary.isOn(.ignorePriority) { ceilings = ceilings.mapValues { _ in total ?? .max } }
        #endif
        self.ceilings = ceilings
    }

    /// The lowest of `count` levels may fill the total to 60 % and a step more, the highest to the brim.
    static func ceiling(_ total: Int64, level: Int, of count: Int) -> Int64 {
        let tenths = 0.6 + 0.4 * Double(level + 1) / Double(count)
        return Int64((Double(total) * tenths).rounded(.down))
    }

    /// Bytes held and promised, of all streams.
    package var bytesUsed: Int64 { used }

    /// Bytes that each stream's journal holds.
    package var held: [StreamName: Int64] { uses.mapValues(\.held) }

    /// Bytes promised and not settled, of all streams.
    package var promised: Int64 { uses.values.reduce(0) { $0 + $1.promised } }

    /// Promises room for a batch; answer with ``settle(_:promised:held:)``. False when there is none.
    package mutating func promise(_ bytes: Int64, to stream: StreamName) -> Bool {
        #if SLUICE_CANARIES
            let isBounded = !Canary.isOn(.ignoreBudget)
        #else
            let isBounded = true
        #endif
        if isBounded, excess(of: stream, with: bytes) > 0 { return false }
        uses[stream, default: Use()].promised += bytes
        used += bytes
        return true
    }

    /// The batch is in the journal, or is not going to be.
    package mutating func settle(_ stream: StreamName, promised: Int64) {
        uses[stream, default: Use()].promised -= promised
        used -= promised
    }

    /// What the stream's journal holds now.
    package mutating func holds(_ stream: StreamName, _ bytes: Int64, now: MonotonicInstant) {
        let before = uses[stream, default: Use()].held
        uses[stream, default: Use()].held = bytes
        used += bytes - before
        if bytes < before { freed.add(before - bytes, now: now) }
    }

    /// How long a producer who was refused should wait: as long as freeing what is too much takes at the rate of late, from
    /// 1 s to 2 min; `nil` when nothing is being freed.
    package func retryAfter(_ stream: StreamName, _ bytes: Int64, now: MonotonicInstant) -> Duration? {
        let rate = freed.bytesPerSecond(now: now)
        guard rate > 0 else { return nil }
        let seconds = Double(max(0, excess(of: stream, with: bytes))) / rate
        return .seconds(min(max(seconds.rounded(.up), 1), 120))
    }

    private func excess(of stream: StreamName, with bytes: Int64) -> Int64 {
        // The gateway's own streams have no share, and no bound.
        guard let share = shares[stream] else { return .min }
        let use = uses[stream] ?? Use()
        var excess = Int64.min
        if let own = share.bytes { excess = use.held + use.promised + bytes - own }
        if let ceiling = ceilings[share.priority] { excess = max(excess, used + bytes - ceiling) }
        return excess
    }
}
