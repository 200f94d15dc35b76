import Journal
import Model
import Simulation
import SystemPackage
import Testing

/// Bit rot and truncation of the key log: what it costs is reported, and the rest is remembered.
@Suite struct KeyLogDamageTests {
    private struct Log {
        var disk: SimulatedDisk
        var path: FilePath
        /// Each record's bytes in the file, and the batches it names, in order: none in each second one, which says where the
        /// batches of the one before it landed.
        var places: [Range<Int>] = []
        var batches: [[BatchDigest]] = []
    }

    /// A key log of three segments, of two, one and two batches; nothing else is in the journal.
    private func smallLog() throws -> Log {
        let bench = Bench()
        try bench.start()
        var log = Log(disk: bench.disk, path: Names.streamDirectory.appending("keys/0.keys"))
        for count in [2, 1, 2] {
            let start = log.places.last?.upperBound ?? 0
            log.batches.append(try (0..<count).map { _ in try bench.append(1).digest })
            try bench.stream.retire(try bench.seal(), now: Names.start)
            let bytes = try bench.disk.contents(log.path)
            let middle = start + 8 + Int(bytes[start]) + Int(bytes[start + 1]) << 8
            log.places += [start..<middle, middle..<bytes.count]
            log.batches.append([])
        }
        return log
    }

    private func restarted(_ disk: SimulatedDisk) throws -> Bench {
        let bench = Bench(disk, nextIncarnation: 100)
        try bench.start()
        return bench
    }

    @Test("any one bit flipped costs the keys of its record only, and that record is named")
    func anyBit() throws {
        let log = try smallLog()
        for (index, place) in log.places.enumerated() {
            let others = log.batches.indices.filter { $0 != index }.flatMap { log.batches[$0] }
            for bit in place.lowerBound * 8..<place.upperBound * 8 {
                let disk = log.disk.clone()
                try disk.flipBit(log.path, bit)
                let found = try restarted(disk)
                #expect(found.remembered.map(\.digest) == others, "bit \(bit) of record \(index)")
                let damage = try #require(found.report.keyDamages.first, "bit \(bit) of record \(index)")
                #expect(found.report.keyDamages.count == 1)
                #expect(damage.file == log.path.string)
                #expect(damage.offset == place.lowerBound && damage.bytes == place.count, "bit \(bit)")
                // What a crash left of an append looks no different.
                #expect(damage.isTail == (index == 5))
                #expect(damage.batchesMax >= log.batches[index].count)
                #expect(found.report.damages.isEmpty)
            }
        }
    }

    @Test("a segment that rots once it has landed costs the keys of the damaged block only")
    func rottedBeforeRetired() throws {
        let bench = Bench()
        try bench.start()
        let batches = try (0..<4).map { _ in try bench.append(1).digest }
        let segment = try bench.seal()
        // In the middle of the second of four blocks of one length.
        try bench.disk.flipBit(segment.path, Int(segment.length) * 3 / 8 * 8)
        // And one behind it, which goes nowhere for now: what lies between is not to look lost.
        let behind = try bench.append(1).digest
        _ = try bench.seal()
        try bench.stream.retire(segment, now: Names.start)
        let later = Timestamp(microseconds: Names.start.microseconds + 2 * 86_400_000_000)
        for now in [Names.start, later, later] {
            try bench.start(now: now)
            let known = now == later && bench.remembered.count == 1 ? [] : [batches[0], batches[2], batches[3]]
            #expect(bench.remembered.map(\.digest) == known + [behind])
            #expect(bench.report.damages.isEmpty)
        }
        #expect(bench.remembered.count == 1)
    }

    @Test("a segment that has landed and whose file is gone has landed all the same")
    func goneBeforeRetired() throws {
        let bench = Bench()
        try bench.start()
        let segments = try (0..<3).map { _ in
            try bench.append(2)
            return try bench.seal()
        }
        try bench.disk.fileSystem.unlink(segments[1].path)
        try bench.stream.retire(segments[1], now: Names.start)
        for _ in 0..<2 {
            try bench.start()
            #expect(bench.report.damages.isEmpty && bench.report.damagedSealed.isEmpty)
            #expect(bench.report.sealed == [segments[0], segments[2]])
            #expect(bench.report.landed.map(\.object) == [segments[1].objectName])
        }
    }

    @Test(
        "an append that failed, in a file that could not be removed, does not come back once its sequences have landed")
    func failedAppendOutlivesItsSuccessor() throws {
        let bench = Bench()
        try bench.start()
        bench.disk.setFailures { operation in
            switch operation {
            case .syncData(let path), .unlink(let path): path.string.hasSuffix(".json.gz") ? .ioError : nil
            default: nil
            }
        }
        #expect(throws: JournalError.self) { try bench.append(3) }
        bench.disk.setFailures { operation in
            if case .unlink(let path) = operation, path.string.hasSuffix(".json.gz") { .ioError } else { nil }
        }
        try bench.append(2)
        bench.disk.setFailures(nil)
        try bench.stream.retire(try bench.seal(), now: Names.start)
        try bench.start()
        #expect(bench.report.sealed.isEmpty && bench.report.damages.isEmpty && bench.report.events == 0)
        #expect(bench.report.ends.values.allSatisfy { $0 == 2 }, "the append that failed is none of its sequences")
    }

    @Test("truncated at any byte, it keeps every whole record; what is left of one is named")
    func truncated() throws {
        let log = try smallLog()
        for size in 0...log.places.last!.upperBound {
            let disk = log.disk.clone()
            try disk.truncate(log.path, to: size)
            let found = try restarted(disk)
            let whole = log.places.indices.filter { log.places[$0].upperBound <= size }
            let kept = whole.flatMap { log.batches[$0] }
            #expect(found.remembered.map(\.digest) == kept, "cut to \(size)")
            let end = whole.last.map { log.places[$0].upperBound } ?? 0
            #expect(found.report.keyDamages.map(\.offset) == (end == size ? [] : [Int64(end)]), "cut to \(size)")
            #expect(found.report.keyDamages.first?.isTail != false)
        }
    }

    @Test("a survey finds the same damage, and none in a sound log")
    func survey() throws {
        let log = try smallLog()
        let files = log.disk.fileSystem
        let sound = try JournalSurvey(files: files, directory: Names.journal).keyLogs()
        #expect(sound.map(\.path) == [log.path] && sound.map(\.batches) == [5])
        #expect(sound.flatMap(\.damages).isEmpty)
        try log.disk.flipBit(log.path, log.places[2].lowerBound * 8 + 100)
        let found = try #require(try JournalSurvey(files: files, directory: Names.journal).keyLogs().first)
        #expect(found.batches == 4)
        #expect(found.damages.map(\.offset) == [Int64(log.places[2].lowerBound)])
    }

    @Test("a damaged file stays for the idempotency window, and then goes")
    func expiry() throws {
        let log = try smallLog()
        try log.disk.damage(log.path) { bytes in for index in log.places[1] { bytes[index] = 0 } }
        let day: Int64 = 86_400_000_000
        for (elapsed, isThere) in [(day - 1, true), (day * 2, true), (day * 3 + 1, false)] {
            let bench = Bench(log.disk, nextIncarnation: UInt64(100 + elapsed / day))
            // As long as people may not have looked, each start says it again.
            try bench.start(now: Timestamp(microseconds: Names.start.microseconds + elapsed))
            #expect(bench.report.keyDamages.count == (isThere || elapsed > day * 3 ? 1 : 0))
            try bench.append(1)
            let next = Timestamp(microseconds: Names.start.microseconds + elapsed + (isThere ? 0 : day + 1))
            try bench.stream.retire(try bench.seal(), now: next)
            #expect(log.disk.files().contains(log.path) == isThere, "after \(elapsed)")
        }
    }
}
