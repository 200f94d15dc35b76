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

    /// Three blocks, of two, one and two events; the segment before them holds sequence 0 and has landed or not.
    private func smallLog(landed: Bool, sealed: Bool) throws -> (disk: SimulatedDisk, path: FilePath, text: SegmentText)
    {
        let bench = Bench()
        try bench.start()
        try bench.append(1)
        let before = try bench.seal()
        if landed { try bench.stream.retire(before, now: Names.start) }
        try bench.append(2)
        try bench.append(1)
        try bench.append(2)
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
            #expect(found.lost == Set(0..<6).subtracting(whole), "cut to \(size) bytes")
        }
    }

    @Test(
        "any one bit flipped costs only its block, and that block is named",
        arguments: [(true, true), (true, false), (false, true), (false, false)])
    func anyBit(_ landed: Bool, _ sealed: Bool) throws {
        let log = try smallLog(landed: landed, sealed: sealed)
        let expected = Dictionary(uniqueKeysWithValues: log.text.lines.map { ($0.sequence, $0.line) })
        for (index, place) in log.text.places.enumerated() {
            let hit = log.text.headers[index].range
            for bit in stride(from: place.lowerBound * 8, to: place.upperBound * 8, by: BitStep.step) {
                let disk = log.disk.clone()
                try disk.flipBit(log.path, bit)
                let found = try outcome(restarted(disk))
                let rest = Set<UInt64>(landed ? 1..<6 : 0..<6).subtracting(hit.first..<hit.end)
                #expect(found.held.sorted() == rest.sorted(), "bit \(bit) of block \(index)")
                // The last block of an open segment looks as if it had never been finished.
                let isTorn = !sealed && index == log.text.places.count - 1
                #expect(found.lost == (isTorn ? [] : Set(hit.first..<hit.end)), "bit \(bit) of block \(index)")
                for (sequence, line) in found.lines where sequence > 0 { #expect(line == expected[sequence]) }
            }
        }
    }

    @Test("any one bit flipped in a sidecar changes nothing: it is made again, the same")
    func sidecarBit() throws {
        let log = try smallLog(landed: false, sealed: true)
        let sidecar = FilePath(log.path.string + ".sealed")
        let before = try log.disk.contents(sidecar)
        for bit in stride(from: 0, to: before.count * 8, by: BitStep.step) {
            let disk = log.disk.clone()
            try disk.flipBit(sidecar, bit)
            let found = try outcome(restarted(disk))
            #expect(found.held.sorted() == Array(0..<6), "bit \(bit)")
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
                .init(first: 0, count: 1), .init(first: 1, count: 2), .init(first: 4, count: 2),
            ])
        #expect(bench.report.damages.map(\.range) == [SequenceRange(first: 3, count: 1)])
        #expect(first.lost == [3])
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

    @Test("a segment of a later format version is left alone and named")
    func laterVersion() throws {
        let bench = Bench()
        try bench.start()
        try bench.append(2)
        let path = bench.path(bench.incarnation, 0)
        try bench.disk.damage(path) { $0[16] = 2 }
        let bytes = try bench.disk.contents(path)
        try bench.start()
        #expect(bench.report.refused.map(\.file) == [path.string])
        #expect(try bench.disk.contents(path) == bytes)
    }

    private func restarted(_ disk: SimulatedDisk) -> Bench { Bench(disk, nextIncarnation: 100) }
}

extension FilePath {
    fileprivate var sealed: FilePath { FilePath(string + ".sealed") }
}
