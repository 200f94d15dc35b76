import Files
import Journal
import Model
import Simulation
import SystemPackage
import Testing

@Suite struct SalvageTests {
    /// A sealed segment of three blocks of one length, of two events each, with a bit of one of them flipped; found at a start.
    private func damaged(block: Int) throws -> (bench: Bench, segment: SealedSegment) {
        let bench = Bench()
        try bench.start()
        for _ in 0..<3 { try bench.append() }
        let sealed = try bench.seal()
        try flip(bench, sealed.path, block: block, of: sealed.length / 3)
        try bench.start()
        return (bench, try #require(bench.report.damagedSealed.first))
    }

    private func flip(_ bench: Bench, _ path: FilePath, block: Int, of blockBytes: Int64) throws {
        try bench.disk.flipBit(path, (block * Int(blockBytes) + Int(blockBytes) / 2) * 8)
    }

    @Test("a salvage that fails anywhere is tried again and ends whole: what is sound is handed over once, and stays")
    func failsAnywhere() throws {
        var failures = 0
        for failing in 0..<40 {
            // What is sound is in two runs.
            let (bench, segment) = try damaged(block: 1)
            let calls = Countdown(failing)
            bench.disk.setFailures { _ in calls.isDue() ? .ioError : nil }
            var salvage = try? bench.stream.salvage(segment)
            let isDone = salvage != nil && (try? bench.stream.endSalvage(of: segment)) != nil
            bench.disk.setFailures(nil)
            if !isDone {
                failures += 1
                salvage = try bench.stream.salvage(segment)
                try bench.stream.endSalvage(of: segment)
            }
            let sound = [SequenceRange(first: 0, count: 2), SequenceRange(first: 4, count: 2)]
            #expect(salvage?.sealed.map(\.range) == sound, "operation \(failing)")
            #expect(salvage?.damages.map(\.range) == [SequenceRange(first: 2, count: 2)], "operation \(failing)")
            #expect(bench.stream.heldBytes == salvage?.sealed.reduce(0) { $0 + $1.length }, "operation \(failing)")
            // Two copies with their sidecars, and nothing that a failed try left.
            #expect(bench.names().count == 4, "operation \(failing): \(bench.names())")
            try bench.start()
            #expect(bench.report.sealed.map(\.range) == sound, "operation \(failing)")
            #expect(bench.report.damagedSealed.isEmpty, "operation \(failing)")
        }
        #expect(failures > 10)
    }

    @Test("until the original is set aside, a crash leaves what was there: the damage is found again")
    func crash() throws {
        let (bench, segment) = try damaged(block: 1)
        _ = try bench.stream.salvage(segment)
        try bench.start()
        let again = try #require(bench.report.damagedSealed.first)
        #expect(again.range == segment.range && bench.report.sealed.isEmpty)
        #expect(try bench.stream.salvage(again).damages.map(\.range) == [SequenceRange(first: 2, count: 2)])
    }

    @Test("what a start finds lost of a segment that was not sealed, every start finds until the original is set aside")
    func unsealed() throws {
        let bench = Bench()
        try bench.start()
        for _ in 0..<3 { try bench.append(2) }
        let path = bench.path(bench.incarnation, 0)
        try flip(bench, path, block: 0, of: Int64(try bench.disk.contents(path).count) / 3)
        let rest = SequenceRange(first: 2, count: 4)
        for _ in 0..<3 {
            try bench.start()
            #expect(bench.report.damages.map(\.range) == [SequenceRange(first: 0, count: 2)])
            #expect(bench.report.sealed.map(\.range) == [rest])
            #expect(bench.report.rescues.map(\.original) == [path])
            #expect(bench.report.rescues.flatMap(\.copies).map(\.path) == bench.report.sealed.map(\.path))
            // The original, one copy with its sidecar, a key log, the lock.
            #expect(bench.disk.files().count == 5)
        }
        try bench.stream.setAside(path)
        try bench.start()
        #expect(bench.report.rescues.isEmpty && bench.report.damages.isEmpty)
        #expect(bench.report.sealed.map(\.range) == [rest])
    }

    @Test("a sealed segment whose file is gone is damaged, and all of it lost; one that was retired is not")
    func gone() throws {
        let bench = Bench()
        try bench.start()
        try bench.append(2)
        let retired = try bench.seal()
        try bench.append(3)
        let segment = try bench.seal()
        let sidecar = try bench.disk.contents(FilePath(retired.path.string + ".sealed"))
        try bench.stream.retire(retired, now: Names.start)
        // As after a crash between the two removals of a retirement.
        let orphan = try bench.disk.fileSystem.open(FilePath(retired.path.string + ".sealed"), .create)
        try sidecar.withUnsafeBytes { try orphan.write([$0], at: 0) }
        try bench.disk.fileSystem.unlink(segment.path)
        try bench.start()
        #expect(bench.report.sealed.isEmpty && bench.report.damages.isEmpty)
        let found = try #require(bench.report.damagedSealed.first)
        #expect(found.range == segment.range && bench.report.ends.values.contains(5))
        let salvage = try bench.stream.salvage(found)
        #expect(salvage.sealed.isEmpty && salvage.damages.map(\.range) == [segment.range])
        try bench.stream.endSalvage(of: found)
        #expect(bench.stream.heldBytes == 0)
        try bench.start()
        #expect(bench.report.damagedSealed.isEmpty)
    }

    @Test("an original that rots on after a salvage was cut short gives what the copies lack, and nothing twice")
    func twice() throws {
        let block0 = SequenceRange(first: 0, count: 2)
        let block1 = SequenceRange(first: 2, count: 2)
        for copyRots in [false, true] {
            let (bench, segment) = try damaged(block: 2)
            let copies = try bench.stream.salvage(segment).sealed
            #expect(copies.map(\.range) == [SequenceRange(first: 0, count: 4)])
            try flip(bench, segment.path, block: 1, of: segment.length / 3)
            if copyRots { try flip(bench, copies[0].path, block: 0, of: segment.length / 3) }
            try bench.start()
            #expect(bench.report.damages.map(\.range) == [SequenceRange(first: 4, count: 2)])
            #expect(bench.report.rescues.map(\.original) == [segment.path])
            try bench.stream.setAside(segment.path)
            #expect(!bench.names().contains(segment.path.lastComponent!.string))
            if copyRots {
                #expect(bench.report.sealed.map(\.range) == [block0])
                let copy = try #require(bench.report.damagedSealed.first)
                #expect(try bench.stream.salvage(copy).sealed.map(\.range) == [block1])
            } else {
                #expect(bench.report.damagedSealed.isEmpty)
                #expect(bench.report.sealed.map(\.range) == [SequenceRange(first: 0, count: 4)])
            }
        }
    }

    @Test("a segment that is sound after all comes back as it is, and stays where it is")
    func sound() throws {
        let bench = Bench()
        try bench.start()
        try bench.append()
        let segment = try bench.seal()
        let salvage = try bench.stream.salvage(segment)
        try bench.stream.endSalvage(of: segment)
        #expect(salvage.sealed.map(\.path) == [segment.path] && salvage.damages.isEmpty)
        #expect(bench.stream.heldBytes == segment.length)
        try bench.start()
        #expect(bench.report.sealed.map(\.path) == [segment.path])
    }
}
