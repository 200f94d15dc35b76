import Journal
import Simulation
import SystemPackage
import Testing

@Suite struct FailingStartTests {
    @Test("whatever one operation of a start fails, what was handed out before is handed out again, the same")
    func oneFails() throws {
        let bench = Bench()
        try bench.start()
        try bench.append(2)
        // Of a batch without events: what begins the next segment has its sequence.
        try bench.append(0, rejected: 1)
        var sealed = [try bench.seal()]
        try bench.append(1)
        sealed.append(try bench.seal())
        var failures = 0
        for failing in 0..<80 {
            let other = Bench(bench.disk.clone(), nextIncarnation: 100)
            let calls = Countdown(failing)
            other.disk.setFailures { _ in calls.isDue() ? .ioError : nil }
            let failed = (try? other.start()) == nil
            other.disk.setFailures(nil)
            if failed {
                failures += 1
                try other.start()
            }
            #expect(other.report.sealed == sealed, "operation \(failing)")
            #expect(other.report.rescues.isEmpty && other.report.damages.isEmpty, "operation \(failing)")
        }
        #expect(failures > 10)
    }

    @Test("streams that can't be asked for are not taken for none: what they hold would not land")
    func streams() throws {
        let bench = Bench()
        try bench.start()
        bench.disk.killProcess()
        let journal = try Journal(
            files: bench.disk.fileSystem, directory: Names.journal, configuration: bench.configuration,
            gateway: Names.gateway, incarnation: bench.incarnation)
        #expect(try journal.streams() == [Names.stream])
        bench.disk.setFailures { if case .status = $0 { .ioError } else { nil } }
        #expect(throws: JournalError.self) { try journal.streams() }
    }
}
