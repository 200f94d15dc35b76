import Files
import Journal
import Model
import Payload
import Simulation
import SystemPackage
import Testing

/// Bit rot, truncation, and files that are not where they belong.
@Suite struct DamageTests {
    private func set(_ numbers: some Sequence<UInt64>) -> Set<UInt64> { Set(numbers) }

    /// Every sequence that sealed segments hold, and what recovery or salvage named as damaged.
    private struct Outcome {
        var held: [UInt64] = []
        var lost: Set<UInt64> = []
        var lines: [UInt64: String] = [:]
    }

    /// Recovers, salvages what is damaged and sealed, and reads back what there is.
    private func outcome(_ bench: Bench) throws -> Outcome {
        try bench.start()
        var outcome = Outcome()
        var sealed = bench.report.sealed
        var damages = bench.report.damages
        for segment in bench.report.damagedSealed {
            let salvage = try bench.stream.salvage(segment)
            try bench.stream.endSalvage(of: segment)
            sealed += salvage.sealed
            damages += salvage.damages
        }
        for segment in sealed {
            let bytes = try bench.disk.contents(segment.path)
            #expect(Int64(bytes.count) == segment.length)
            #expect(SHA256.hash(bytes) == segment.sha256)
            for (sequence, line) in try SegmentText(bytes).lines {
                outcome.held.append(sequence)
                outcome.lines[sequence] = line
            }
        }
        for damage in damages { outcome.lost.formUnion(damage.range.first..<damage.range.end) }
        return outcome
    }

    /// Three blocks, of one, two and one events, as small as they get: every bit of them is to be tried. The segment before
    /// them holds sequence 0 and has landed or not.
    private func smallLog(landed: Bool, sealed: Bool) throws -> (disk: SimulatedDisk, path: FilePath, text: SegmentText)
    {
        let bench = Bench()
        try bench.start()
        try bench.append(1)
        let before = try bench.seal()
        if landed { try bench.stream.retire(before, now: Names.start) }
        for events in [1, 2, 1] { try bench.append(events, padding: 0) }
        if sealed { _ = try bench.seal() }
        let path = bench.path(bench.incarnation, 1)
        return (bench.disk, path, try bench.text(path))
    }

    @Test("truncated at any byte, an open log keeps every whole block and names no damage")
    func truncatedOpen() throws {
        let log = try smallLog(landed: false, sealed: false)
        for size in 0...log.text.places.last!.upperBound {
            let disk = log.disk.clone()
            try disk.truncate(log.path, to: size)
            let found = try outcome(restarted(disk))
            var whole: [UInt64] = [0]
            for (place, header) in zip(log.text.places, log.text.headers) where place.upperBound <= size {
                whole += header.range.first..<header.range.end
            }
            #expect(found.held.sorted() == whole, "cut to \(size) bytes")
            #expect(found.lost.isEmpty, "cut to \(size) bytes")
        }
    }

    @Test("truncated at any byte, a sealed log keeps every whole block and names the others")
    func truncatedSealed() throws {
        let log = try smallLog(landed: false, sealed: true)
        for size in 0..<log.text.places.last!.upperBound {
            let disk = log.disk.clone()
            try disk.truncate(log.path, to: size)
            let found = try outcome(restarted(disk))
            var whole: [UInt64] = [0]
            for (place, header) in zip(log.text.places, log.text.headers) where place.upperBound <= size {
                whole += header.range.first..<header.range.end
            }
            #expect(found.held.sorted() == whole, "cut to \(size) bytes")
            #expect(found.lost == Set(0..<5).subtracting(whole), "cut to \(size) bytes")
        }
    }

    /// Calls it for each bit, on as many threads as there are.
    private func forEach(_ bits: [Int], _ body: @Sendable @escaping (Int) throws -> Void) async throws {
        let tasks = 8
        try await withThrowingTaskGroup { group in
            for task in 0..<tasks {
                group.addTask { for index in stride(from: task, to: bits.count, by: tasks) { try body(bits[index]) } }
            }
            try await group.waitForAll()
        }
    }

    /// All bits of so many bytes.
    private func bits(of count: Int) -> [Int] { Array(0..<count * 8) }

    @Test(
        "any one bit flipped costs only its block, and that block is named",
        arguments: [(true, true), (true, false), (false, true), (false, false)])
    func anyBit(_ landed: Bool, _ sealed: Bool) async throws {
        let (disk, path, text) = try smallLog(landed: landed, sealed: sealed)
        let expected = Dictionary(uniqueKeysWithValues: text.lines.map { ($0.sequence, $0.line) })
        let all = bits(of: text.places.last!.upperBound)
        // Every bit, whether the log is open or sealed, and the segment before it landed or not; for the other two pairings
        // one bit of each byte.
        try await forEach(landed != sealed ? all : all.filter { $0 % 8 == $0 / 8 % 8 }) { bit in
            let index = text.places.firstIndex { $0.contains(bit / 8) }!
            let hit = text.headers[index].range
            let disk = disk.clone()
            try disk.flipBit(path, bit)
            let found = try outcome(restarted(disk))
            let rest = Set<UInt64>(landed ? 1..<5 : 0..<5).subtracting(hit.first..<hit.end)
            #expect(found.held.sorted() == rest.sorted(), "bit \(bit) of block \(index)")
            // The last block of an open segment looks as if it had never been finished.
            let isTorn = !sealed && index == text.places.count - 1
            #expect(found.lost == (isTorn ? [] : Set(hit.first..<hit.end)), "bit \(bit) of block \(index)")
            for (sequence, line) in found.lines where sequence > 0 { #expect(line == expected[sequence]) }
        }
    }

    @Test("any one bit flipped in a sidecar changes nothing: it is made again, the same")
    func sidecarBit() async throws {
        let log = try smallLog(landed: false, sealed: true)
        let sidecar = FilePath(log.path.string + ".sealed")
        let before = try log.disk.contents(sidecar)
        try await forEach(bits(of: before.count)) { [disk = log.disk] bit in
            let disk = disk.clone()
            try disk.flipBit(sidecar, bit)
            let found = try outcome(restarted(disk))
            #expect(found.held.sorted() == Array(0..<5), "bit \(bit)")
            #expect(found.lost.isEmpty)
            #expect(try disk.contents(sidecar) == before)
        }
    }

    @Test("what a salvage made stays the same over further recoveries, and the gap is named each time")
    func salvagedStays() throws {
        let log = try smallLog(landed: false, sealed: true)
        try log.disk.flipBit(log.path, log.text.places[1].lowerBound * 8 + 200)
        let bench = restarted(log.disk)
        let first = try outcome(bench)
        try bench.start()
        #expect(bench.report.damagedSealed.isEmpty)
        #expect(
            bench.report.sealed.map(\.range) == [
                .init(first: 0, count: 1), .init(first: 1, count: 1), .init(first: 4, count: 1),
            ])
        #expect(bench.report.damages.map(\.range) == [SequenceRange(first: 2, count: 2)])
        #expect(first.lost == [2, 3])
        #expect(bench.disk.files().contains { $0.starts(with: Names.damaged) })
    }

    // MARK: Files out of place

    /// Two sealed segments of two blocks each (0-3, 4-7) and an open one (8-11), all of one life.
    private func threeSegments() throws -> Bench {
        let bench = Bench()
        try bench.start()
        for segment in 0..<3 {
            try bench.append(2)
            try bench.append(2)
            if segment < 2 { _ = try bench.seal() }
        }
        return bench
    }

    private func copy(_ disk: SimulatedDisk, _ from: FilePath, _ to: FilePath) throws {
        let bytes = try disk.contents(from)
        try? disk.fileSystem.unlink(to)
        let file = try disk.fileSystem.open(to, .create)
        try bytes.withUnsafeBytes { try file.write([$0], at: 0) }
        try file.syncData()
    }

    private func expectAllOnce(_ bench: Bench, _ comment: String) throws {
        let found = try outcome(bench)
        #expect(found.held.sorted() == Array(0..<12), "\(comment)")
        #expect(found.lost.isEmpty, "\(comment)")
    }

    @Test("a copy of any segment under any free number is not recovered twice and displaces nothing")
    func duplicates() throws {
        for source in 0..<3 {
            for withSidecar in [false, true] where source < 2 || !withSidecar {
                let bench = try threeSegments()
                let (from, to) = (bench.path(bench.incarnation, UInt64(source)), bench.path(bench.incarnation, 7))
                try copy(bench.disk, from, to)
                if withSidecar { try copy(bench.disk, from.sealed, to.sealed) }
                try expectAllOnce(bench, "segment \(source) copied, sidecar: \(withSidecar)")
            }
        }
    }

    @Test("a short copy of any segment displaces nothing", arguments: 0..<3)
    func shortCopy(_ source: UInt64) throws {
        let bench = try threeSegments()
        let (from, to) = (bench.path(bench.incarnation, source), bench.path(bench.incarnation, 7))
        try copy(bench.disk, from, to)
        try bench.disk.truncate(to, to: bench.text(from).places[0].upperBound)
        try expectAllOnce(bench, "a part of segment \(source) copied")
    }

    @Test("segments that changed names with each other are all recovered")
    func permuted() throws {
        for order in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            for sidecarsToo in [false, true] {
                let bench = try threeSegments()
                let paths = (0..<3).map { bench.path(bench.incarnation, UInt64($0)) }
                for (from, suffix) in paths.indices.flatMap({ [($0, ""), ($0, ".sealed")] })
                where suffix.isEmpty || (sidecarsToo && from < 2) {
                    try bench.disk.fileSystem.rename(
                        FilePath(paths[from].string + suffix), to: FilePath(paths[order[from]].string + suffix + ".x"))
                }
                for path in bench.disk.files() where path.string.hasSuffix(".x") {
                    try bench.disk.fileSystem.rename(path, to: FilePath(String(path.string.dropLast(2))))
                }
                try expectAllOnce(bench, "order \(order), sidecars too: \(sidecarsToo)")
            }
        }
    }

    @Test("a missing segment is named; one that was retired out of order is not")
    func missing() throws {
        let bench = try threeSegments()
        try bench.disk.fileSystem.unlink(bench.path(bench.incarnation, 1))
        let found = try outcome(bench)
        #expect(found.held.sorted() == [0, 1, 2, 3, 8, 9, 10, 11])
        #expect(found.lost == [4, 5, 6, 7])

        let sound = Bench()
        try sound.start()
        try sound.append(2)
        _ = try sound.seal()
        try sound.append(2)
        try sound.stream.retire(try sound.seal(), now: Names.start)
        try sound.append(2)
        #expect(try outcome(sound).lost.isEmpty)
    }

    @Test("foreign files stay where they are and are named")
    func foreign() throws {
        let bench = try threeSegments()
        let elsewhere = Bench()
        try elsewhere.start()
        try elsewhere.start()
        try elsewhere.append(3)
        let stranger = try elsewhere.disk.contents(elsewhere.path(elsewhere.incarnation, 0))
        let names = ["notes.txt", "\(bench.incarnation)-00000009.json.gz"]
        for name in names {
            let file = try bench.disk.fileSystem.open(Names.streamDirectory.appending(name), .create)
            try stranger.withUnsafeBytes { try file.write([$0], at: 0) }
        }
        try expectAllOnce(bench, "with foreign files")
        #expect(
            bench.report.refused.map(\.file).sorted()
                == names.map { Names.streamDirectory.appending($0).string }.sorted())
        for name in names { #expect(try bench.disk.contents(Names.streamDirectory.appending(name)) == stranger) }
    }

    @Test(
        "a segment of a later format version is left alone, and the report says how to go on",
        arguments: [true, false])
    func laterVersion(_ sealed: Bool) throws {
        let bench = Bench()
        try bench.start()
        try bench.append(2)
        try bench.append(2)
        if sealed { _ = try bench.seal() }
        let path = bench.path(bench.incarnation, 0)
        // As a later version would have written it: every block says so.
        let places = try bench.text(path).places
        try bench.disk.damage(path) { bytes in for place in places { bytes[place.lowerBound + 16] = 2 } }
        let before = try bench.disk.fileSystem.list(Names.streamDirectory)
        let bytes = try bench.disk.contents(path)
        try bench.start()
        #expect(bench.report.refused.map(\.file) == [path.string])
        #expect(bench.report.ends.isEmpty, "nobody can tell where that life ended")
        let reason = try #require(bench.report.refused.first?.reason)
        for part in [
            "format version 2", "reads version \(BlockHeader.version) only", "run the version of Sluice that wrote it",
            "move the file away",
        ] { #expect(reason.contains(part), "\(reason)") }
        #expect(bench.report.damages.isEmpty && bench.report.damagedSealed.isEmpty && bench.report.sealed.isEmpty)
        #expect(try bench.disk.contents(path) == bytes)
        #expect(try bench.disk.fileSystem.list(Names.streamDirectory) == before)
        let survey = try JournalSurvey(files: bench.disk.fileSystem, directory: Names.journal).segments()
        #expect(survey.first?.faults.first?.contains("run the version of Sluice that wrote it") == true)
    }

    private func restarted(_ disk: SimulatedDisk) -> Bench { Bench(disk, nextIncarnation: 100) }

    @Test("of a gateway that was renamed, a segment whose first block is damaged keeps its other blocks")
    func renamedAndDamaged() throws {
        let bench = Bench()
        try bench.start()
        for _ in 0..<3 { try bench.append(1) }
        let segment = try bench.seal()
        try bench.disk.flipBit(segment.path, 400)
        let damaged = try bench.disk.contents(segment.path)
        for life: UInt64 in 100...101 {
            bench.disk.killProcess()
            let journal = try Journal(
                files: bench.disk.fileSystem, directory: Names.journal, configuration: bench.configuration,
                gateway: GatewayName("other")!, incarnation: Incarnation(rawValue: life))
            let (stream, report) = try journal.open(Names.stream, now: Names.start) { _, _, _ in }
            #expect(try bench.disk.contents(segment.path) == damaged)
            #expect(report.damagedSealed == [segment])
            withExtendedLifetime(stream) {}
        }
    }
}

extension FilePath {
    fileprivate var sealed: FilePath { FilePath(string + ".sealed") }
}
