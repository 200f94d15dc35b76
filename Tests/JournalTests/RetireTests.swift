import Files
import Model
import Simulation
import SystemPackage
import Testing

@testable import Journal

@Suite struct RetireTests {
    /// When the window of all keys of ``life(of:)`` has ended.
    private let later = Timestamp(microseconds: Names.start.microseconds + 3_600_000_000)

    /// A life that has sealed so many segments, of two events each. Its keys are known for a minute, and each segment's are in a
    /// file of their own.
    private func life(of count: Int) throws -> (Bench, [SealedSegment]) {
        let bench = Bench()
        bench.configuration.idempotencyWindow = .seconds(60)
        bench.configuration.keyLogBatches = 1
        try bench.start()
        let segments = try (0..<count).map { _ in
            try bench.append(2)
            return try bench.seal()
        }
        return (bench, segments)
    }

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
        for retired in [[1], [2], [1, 2], [2, 0], [0, 2], [1, 0]] {
            let (bench, segments) = try life(of: 4)
            let first = bench.incarnation
            for number in retired { try bench.stream.retire(segments[number], now: later) }
            for _ in 0..<3 {
                try bench.start(now: later)
                #expect(bench.report.damages == [], "\(retired)")
                #expect(bench.report.ends[first] == 8, "\(retired)")
                #expect(bench.keyFiles.isEmpty, "\(retired)")
            }
            for segment in bench.report.sealed { try bench.stream.retire(segment, now: later) }
            for _ in 0..<2 { try bench.start(now: later) }
            #expect(bench.report.ends[first] == nil && bench.report.retired.ends[first] == nil, "\(retired)")
            #expect(bench.keyFiles.isEmpty, "\(retired)")
        }
    }

    @Test("killed while it keeps what keys told, then a start that loses power: what has landed is still known")
    func killedThenCut() throws {
        let (made, segments) = try life(of: 3)
        try made.stream.retire(segments[1], now: Names.start)
        var tried = 0
        for killed in 0..<90 {
            let bench = Bench(made.disk.clone(), nextIncarnation: 100)
            bench.configuration = made.configuration
            try? bench.start(now: later, powerCut: killed)
            bench.disk.killProcess()
            // The key log is still there, and so, if only in memory, is what it told.
            guard (try? bench.disk.contents(Names.streamDirectory.appending("keys/retired"))) != nil,
                !bench.keyFiles.isEmpty
            else { continue }
            for seed: UInt64 in 0..<600 {
                let other = Bench(bench.disk.clone(), nextIncarnation: 200)
                other.configuration = made.configuration
                try? other.start(now: later, powerCut: Int(seed) % 60)
                var random = SeededGenerator(seed: seed)
                other.disk.crash(using: &random)
                try other.start(now: later)
                #expect(other.report.damages == [], "killed at \(killed), seed \(seed)")
                tried += 1
            }
        }
        #expect(tried > 0)
    }

    @Test("where a life ended stays known, its keys' window ended or not, until the next life need not tell of it")
    func staysUntilTold() throws {
        let (bench, segments) = try life(of: 1)
        let first = bench.incarnation
        try bench.stream.retire(segments[0], now: later)
        for _ in 0..<2 {
            try bench.start(now: later, forgetting: false)
            #expect(bench.report.retired.ends[first] == 2)
            #expect(bench.keyFiles.isEmpty, "but its key log goes at once, as the disk may be full")
            try bench.append(1)
            try bench.stream.retire(try bench.seal(), now: later)
        }
        try bench.start(now: later, forgetting: false)
        bench.stream.beginForgetting(untold: [first], now: later)
        try bench.start(now: later)
        #expect(bench.report.retired.ends[first] == 2)
        try bench.start(now: later)
        #expect(bench.report.retired.ends.isEmpty)
    }

    @Test("what a later version keeps of keys stays as it is, and with it the key logs; one that can't be is damaged")
    func laterVersion() throws {
        let path = Names.streamDirectory.appending("keys/retired")
        let line = ChecksummedLine.encode(["format": 2, "all": 1])
        for (bytes, isLater) in [(line, true), ([], false), ([UInt8](repeating: 32, count: 16 << 20 + 1), false)] {
            let (bench, segments) = try life(of: 1)
            try bench.stream.retire(segments[0], now: Names.start)
            try bench.disk.fileSystem.replace(path, with: bytes)
            // Told again should the start that finds it not be able to tell it.
            try bench.start(now: later, forgetting: false)
            try bench.start(now: later)
            #expect(bench.report.keyDamages.map(\.retired) == [isLater ? .laterVersion : .damaged])
            let survey = try JournalSurvey(files: bench.disk.fileSystem, directory: Names.journal).keyLogs()
            #expect(survey.flatMap(\.damages).isEmpty == !isLater)
            #expect(bench.keyFiles.isEmpty == !isLater)
            #expect(try (bench.disk.contents(path) == bytes) == isLater)
        }
    }

    @Test("keys that somebody removed to make room do not keep others from going")
    func removed() throws {
        let (bench, segments) = try life(of: 4)
        for segment in segments { try bench.stream.retire(segment, now: Names.start) }
        for path in bench.keyFiles.prefix(2) { try bench.disk.fileSystem.unlink(path) }
        try bench.append(1)
        try bench.stream.retire(try bench.seal(), now: later)
        #expect(bench.keyFiles.count == 1)
    }

    @Test("what is left of keys is told to be damaged when it is, and does no more harm than to be missing")
    func damagedRetired() throws {
        let (bench, segments) = try life(of: 3)
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
        let (bench, segments) = try life(of: 6)
        for number in [3, 1, 4] { try bench.stream.retire(segments[number], now: Names.start) }
        try? bench.start(now: later, powerCut: operation)
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
