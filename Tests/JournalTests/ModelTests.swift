import Foundation
import Simulation
import SystemPackage
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
                acknowledged += try JournalRun(seed: UInt64(seed)).run()
            } catch {
                failures += 1
                Issue.record("seed \(seed): \(error)")
            }
        }
        // A run that hardly ever gets to write would prove nothing.
        #expect(acknowledged > ModelTests.seeds / ModelTests.shards * 4)
    }

    @Test("seeds that once found a fault", arguments: found)
    func knownSeeds(_ seed: UInt64) throws { _ = try JournalRun(seed: seed).run() }

    @Test("a journal that forgets a sync is caught", arguments: Forgotten.allCases)
    func canary(_ forgotten: Forgotten) {
        for seed in 0..<40 {
            do {
                _ = try JournalRun(seed: UInt64(seed), forgets: forgotten.isMeant).run()
            } catch {
                print("\(forgotten.rawValue): caught by seed \(seed): \(error)")
                return
            }
        }
        Issue.record("40 seeds did not notice that \(forgotten.rawValue) are never synced")
    }

    /// What a journal could forget to sync. (A segment whose sidecar is lost is sealed again, with the same bytes; and damage, of
    /// which some is set aside, is in no run.)
    enum Forgotten: String, CaseIterable, Sendable {
        case segments, keyLogs = "key logs", retired = "ranges of keys that went"
        case streamDirectories = "directories of streams", keyDirectories = "directories of key logs"

        @Sendable func isMeant(_ operation: DiskOperation) -> Bool {
            let path = operation.path.string
            return switch (self, operation) {
            case (.segments, .syncData): path.hasSuffix(".json.gz")
            case (.keyLogs, .syncData): path.contains(".keys")
            case (.retired, .syncData): path.contains("/keys/retired")
            case (.streamDirectories, .syncDirectory): !path.hasSuffix("/keys")
            case (.keyDirectories, .syncDirectory): path.hasSuffix("/keys")
            default: false
            }
        }
    }
}
