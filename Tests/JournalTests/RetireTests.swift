import Journal
import Model
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

    @Test("keys go when their window ends; that what is missing behind an older segment has landed stays known")
    func window() throws {
        let later = Timestamp(microseconds: Names.start.microseconds + 3_600_000_000)
        for retired in [[1], [2], [1, 2], [2, 0], [0, 2], [1, 0]] {
            let bench = Bench()
            bench.configuration.idempotencyWindow = .seconds(60)
            bench.configuration.keyLogBatches = 1
            try bench.start()
            let life = bench.incarnation
            let segments = try (0..<4).map { _ in
                try bench.append(2)
                return try bench.seal()
            }
            for number in retired { try bench.stream.retire(segments[number], now: later) }
            for _ in 0..<3 {
                try bench.start(now: later)
                #expect(bench.report.damages == [], "\(retired)")
                #expect(bench.report.ends[life] == 8, "\(retired)")
                #expect(bench.keyFiles.isEmpty, "\(retired)")
            }
            for segment in bench.report.sealed { try bench.stream.retire(segment, now: later) }
            for _ in 0..<2 { try bench.start(now: later) }
            #expect(bench.report.ends[life] == nil && bench.report.retired.ends[life] == nil, "\(retired)")
            #expect(bench.keyFiles.isEmpty, "\(retired)")
        }
    }

    @Test("keys stay, ended window or not, until it is known that the next life need not tell of them")
    func staysUntilTold() throws {
        let later = Timestamp(microseconds: Names.start.microseconds + 3_600_000_000)
        let bench = Bench()
        bench.configuration.idempotencyWindow = .seconds(60)
        try bench.start()
        let life = bench.incarnation
        try bench.append(2)
        try bench.stream.retire(try bench.seal(), now: later)
        for _ in 0..<2 {
            try bench.start(now: later, forgetting: false)
            #expect(bench.report.retired.ends[life] == 2)
            try bench.append(1)
            try bench.stream.retire(try bench.seal(), now: later)
        }
        try bench.start(now: later)
        #expect(bench.report.retired.ends[life] == 2)
        try bench.start(now: later)
        #expect(bench.report.retired.ends[life] == nil)
    }

    @Test("what is left of keys is told to be damaged when it is, and does no more harm than to be missing")
    func damagedRetired() throws {
        let later = Timestamp(microseconds: Names.start.microseconds + 3_600_000_000)
        let bench = Bench()
        bench.configuration.idempotencyWindow = .seconds(60)
        try bench.start()
        let segments = try (0..<3).map { _ in
            try bench.append(2)
            return try bench.seal()
        }
        try bench.stream.retire(segments[1], now: Names.start)
        try bench.start(now: later)
        #expect(bench.report.damages == [] && bench.keyFiles.isEmpty)
        let path = Names.streamDirectory.appending("keys/retired")
        let size = try bench.disk.contents(path).count
        for byte in 0..<size {
            let other = Bench(bench.disk.clone(), nextIncarnation: 100)
            try other.disk.flipBit(path, byte * 8 + byte % 8)
            try other.start(now: later)
            #expect(other.report.keyDamages.map(\.bytes) == [Int64(size)], "byte \(byte)")
            #expect(other.report.damages.map(\.range) == [segments[1].range], "byte \(byte)")
            #expect(other.report.sealed.count == 2, "byte \(byte)")
        }
    }

    @Test("wherever a start dies in which keys go, no later start takes for lost what has landed", arguments: 0..<40)
    func dies(_ operation: Int) throws {
        let later = Timestamp(microseconds: Names.start.microseconds + 3_600_000_000)
        let bench = Bench()
        bench.configuration.idempotencyWindow = .seconds(60)
        bench.configuration.keyLogBatches = 1
        try bench.start()
        let segments = try (0..<6).map { _ in
            try bench.append(2)
            return try bench.seal()
        }
        for number in [3, 1, 4] { try bench.stream.retire(segments[number], now: Names.start) }
        bench.disk.cutPower(afterOperations: operation)
        try? bench.start(now: later)
        var random = SeededGenerator(seed: UInt64(operation))
        bench.disk.crash(using: &random)
        for _ in 0..<2 {
            try bench.start(now: later)
            #expect(bench.report.damages == [])
        }
    }
}

extension Bench {
    fileprivate var keyFiles: [FilePath] { disk.files().filter { $0.string.hasSuffix(".keys") } }
}
