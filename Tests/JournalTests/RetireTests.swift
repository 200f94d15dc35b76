import Journal
import Simulation
import SystemPackage
import Testing

@Suite struct RetireTests {
    @Test("a retirement that fails anywhere is tried again and ends whole: no file, no byte held, every key kept")
    func failsAnywhere() throws {
        var failures = 0
        for failing in 0..<20 {
            let bench = Bench()
            try bench.start()
            let batches = try (0..<3).map { _ in try bench.append().digest }
            let segment = try bench.seal()
            #expect(bench.stream.heldBytes == segment.length)
            let calls = Countdown(failing)
            bench.disk.setFailures { _ in calls.isDue() ? .ioError : nil }
            let failed = (try? bench.stream.retire(segment, now: Names.start)) == nil
            bench.disk.setFailures(nil)
            if failed {
                failures += 1
                #expect(bench.stream.heldBytes == segment.length, "operation \(failing)")
                try bench.stream.retire(segment, now: Names.start)
            }
            #expect(bench.stream.heldBytes == 0, "operation \(failing)")
            #expect(bench.names() == [], "operation \(failing)")
            try bench.start()
            // Keys that an append left without being sure of it are there twice, which does no harm.
            #expect(Array(bench.remembered.map(\.digest).suffix(3)) == batches, "operation \(failing)")
            #expect(Set(bench.remembered.map(\.digest)) == Set(batches), "operation \(failing)")
        }
        #expect(failures > 4)
    }
}
