import Gateway
import Model
import Synchronization
import Testing

@Suite struct DedupIndexTests {
    private let life = Incarnation(rawValue: 9)

    private func digest(_ number: UInt64) -> BatchDigest { BatchDigest(high: number, low: ~number) }
    private func print(_ number: UInt64) -> PayloadFingerprint { PayloadFingerprint(rawValue: number) }
    private func at(_ seconds: Int64) -> Timestamp { Timestamp(microseconds: seconds * 1_000_000) }

    private func entry(_ number: UInt64, at seconds: Int64, rejects: [BatchEntry.Reject] = []) -> BatchEntry {
        BatchEntry(
            digest: digest(number), fingerprint: print(number), receivedAt: at(seconds), accepted: 3, rejects: rejects)
    }

    private enum Word { case fresh, replay, conflict, busy, waiting }

    private func begin(_ index: inout DedupIndex, _ number: UInt64, _ fingerprint: UInt64? = nil) -> Word {
        switch index.begin(digest(number), print(fingerprint ?? number), waiter: { _ in }) {
        case .fresh: .fresh
        case .replay: .replay
        case .conflict: .conflict
        case .busy: .busy
        case .waiting: .waiting
        }
    }

    @Test("a batch that was taken is replayed with what its receipt needs")
    func replay() {
        var index = DedupIndex(window: .seconds(100), maxBatches: 10)
        #expect(begin(&index, 1) == .fresh)
        let rejects = [BatchEntry.Reject(index: 2, reason: .tooDeep)]
        #expect(index.finish(entry(1, at: 5, rejects: rejects), incarnation: life, first: 40, now: at(5)).isEmpty)
        guard case .replay(let record, let again) = index.begin(digest(1), print(1), waiter: { _ in }) else {
            Issue.record("not a replay")
            return
        }
        #expect(record.first == 40 && record.accepted == 3 && record.incarnation == life && record.receivedAt == at(5))
        #expect(again == rejects)
        #expect(index.contains(digest(1)) && !index.contains(digest(2)))
    }

    @Test("the same key with another body has to wait until the first is taken, and is a conflict from then on")
    func conflict() {
        var index = DedupIndex(window: .seconds(100), maxBatches: 10)
        #expect(begin(&index, 1) == .fresh)
        #expect(begin(&index, 1, 2) == .busy)
        _ = index.finish(entry(1, at: 0), incarnation: life, first: 0, now: at(0))
        #expect(begin(&index, 1, 2) == .conflict)
        #expect(begin(&index, 1) == .replay)
    }

    @Test("those who come meanwhile wait, and are handed back once")
    func waiting() {
        var index = DedupIndex(window: .seconds(100), maxBatches: 10)
        #expect(begin(&index, 1) == .fresh)
        #expect(begin(&index, 1) == .waiting)
        #expect(begin(&index, 1) == .waiting)
        #expect(index.finish(entry(1, at: 0), incarnation: life, first: 0, now: at(0)).count == 2)
        #expect(index.abort(digest(1)).isEmpty)
    }

    @Test("a batch that was not taken begins anew, with any body")
    func abort() {
        var index = DedupIndex(window: .seconds(100), maxBatches: 10)
        #expect(begin(&index, 1) == .fresh)
        #expect(begin(&index, 1) == .waiting)
        #expect(index.abort(digest(1)).count == 1)
        #expect(begin(&index, 1, 2) == .fresh)
    }

    @Test("what is older than the window is forgotten")
    func expiry() {
        var index = DedupIndex(window: .seconds(100), maxBatches: 10)
        for number in 0..<3 { index.insert(entry(UInt64(number), at: Int64(number) * 50), incarnation: life, first: 0) }
        index.expire(now: at(100))
        #expect(index.count == 3, "exactly as old as the window is within it")
        index.expire(now: at(101))
        #expect(index.count == 2)
        #expect(begin(&index, 0) == .fresh && begin(&index, 1) == .replay)
        #expect(index.window(now: at(101)) == .seconds(100), "expiry does not shorten what is promised")
    }

    @Test("the bound on batches evicts the oldest and shrinks the stated window, for as long as that matters")
    func evictionByCount() {
        var index = DedupIndex(window: .seconds(100), maxBatches: 2)
        for number in 0..<3 { index.insert(entry(UInt64(number), at: Int64(number) * 10), incarnation: life, first: 0) }
        #expect(index.count == 2)
        #expect(begin(&index, 0) == .fresh && begin(&index, 1) == .replay)
        #expect(index.window(now: at(30)) == .seconds(30))
        index.expire(now: at(500))
        index.insert(entry(7, at: 500), incarnation: life, first: 0)
        #expect(index.window(now: at(500)) == .seconds(100), "what was evicted would have expired by now")
    }

    @Test("many batches go through without being kept")
    func many() {
        var index = DedupIndex(window: .seconds(1), maxBatches: 100_000)
        for number in 0..<30_000 {
            index.insert(entry(UInt64(number), at: Int64(number)), incarnation: life, first: UInt64(number))
            index.expire(now: at(Int64(number)))
            #expect(index.count <= 2)
        }
        #expect(begin(&index, 29_999) == .replay && begin(&index, 29_000) == .fresh)
    }
}
