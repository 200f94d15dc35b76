import Foundation
import Testing

@Suite struct ModelTests {
    /// Seeds that once found a fault in the journal.
    private static let found: [UInt64] = [0, 27, 37, 142, 376, 794, 1306, 1523, 1725, 1952]
    private static let shards = 8
    private static var seeds: Int {
        max(2000, ProcessInfo.processInfo.environment["SLUICE_SEEDS"].flatMap { Int($0) } ?? 0)
    }

    @Test("whatever the disk does, what was acknowledged is recovered once and lands the same", arguments: 0..<shards)
    func anyFaults(_ shard: Int) {
        var acknowledged = 0
        var failures = 0
        for seed in stride(from: shard, to: ModelTests.seeds, by: ModelTests.shards) where failures < 5 {
            do {
                acknowledged += try JournalRun(seed: UInt64(seed)) { $0 }.run()
            } catch {
                failures += 1
                Issue.record("seed \(seed): \(error)")
            }
        }
        // A run that hardly ever gets to write would prove nothing.
        #expect(acknowledged > ModelTests.seeds / ModelTests.shards * 4)
    }

    @Test("seeds that once found a fault", arguments: found)
    func knownSeeds(_ seed: UInt64) throws { _ = try JournalRun(seed: seed) { $0 }.run() }

    @Test("a journal that forgets a sync is caught", arguments: [true, false])
    func canary(_ data: Bool) {
        for seed in 0..<40 {
            do {
                _ = try JournalRun(seed: UInt64(seed)) {
                    ForgetfulFileSystem(base: $0, forgotten: data ? .data : .directory)
                }.run()
            } catch {
                print("the missing sync was caught by seed \(seed): \(error)")
                return
            }
        }
        Issue.record("40 seeds did not notice that \(data ? "files" : "directories") are never synced")
    }
}
