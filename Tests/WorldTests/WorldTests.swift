import Foundation
import Testing
import World

@Suite struct WorldTests {
    @Test("in simulated worlds of several regions nothing acknowledged is lost, doubled or claimed too early")
    func worlds() throws {
        let count = ProcessInfo.processInfo.environment["SLUICE_WORLDS"].flatMap { UInt64($0) } ?? 20
        for seed in 0..<count {
            do { try World(seed: seed).run() } catch { Issue.record("seed \(seed): \(error)") }
        }
    }
}
