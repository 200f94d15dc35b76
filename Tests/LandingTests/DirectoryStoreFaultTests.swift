import Files
import Landing
import Model
import Simulation
import SystemPackage
import Testing

@Suite struct DirectoryStoreFaults {
    /// How an object comes into the zone.
    enum Way: CaseIterable, Sendable { case link, copy, bytes }

    private let content = (0..<5000).map { UInt8(truncatingIfNeeded: $0 / 13) }
    private let name = "audit_logs/date=2026-11-23/hour=13/a.json.gz"
    private let path: FilePath = "/zone/audit_logs/date=2026-11-23/hour=13/a.json.gz"

    private func object(_ way: Way) -> NewObject {
        way == .bytes ? .bytes(name, content) : .file(name, "/journal/segment", content)
    }

    /// Journal and zone on different volumes: no link from one to the other.
    private func twoVolumes(_ operation: DiskOperation) -> Errno? {
        if case .link(let from, _) = operation, from.starts(with: "/journal") { .improperLink } else { nil }
    }

    private func prepared(_ way: Way) throws -> SimulatedDisk {
        let disk = SimulatedDisk()
        try disk.fileSystem.seal("/journal/segment", content)
        if way == .copy { disk.setFailures(twoVolumes) }
        return disk
    }

    @Test(
        "a power cut at any operation leaves the object absent or whole, and present once reported",
        arguments: Way.allCases)
    func powerCuts(_ way: Way) throws {
        var (reported, absent, present) = (0, 0, 0)
        for operations in 0..<60 {
            for seed in 0..<8 as Range<UInt64> {
                let disk = try prepared(way)
                disk.cutPower(afterOperations: operations)
                let outcome = directoryStore(disk.fileSystem, "/zone").create(object(way))
                var generator = SeededGenerator(seed: seed)
                disk.crash(using: &generator)

                let after = try? disk.contents(path)
                if outcome == .created { reported += 1 }
                if after == nil { absent += 1 } else { present += 1 }
                #expect(after == nil || after == content, "half an object: \(operations), seed \(seed)")
                #expect(outcome != .created || after == content, "lost: \(operations), seed \(seed)")
                // Whatever happened, the next life gets it there.
                let again = directoryStore(disk.fileSystem, "/zone")
                #expect([.created, .same].contains(again.create(object(way))))
                #expect(again.create(.bytes("next", [1])) == .created)
                #expect(try disk.fileSystem.list("/zone/.staging") == [])
                #expect(try disk.contents(path) == content)
            }
        }
        #expect(reported > 0 && absent > 0 && present > reported)
    }

    @Test("the second life's answer is durable too, after a kill at any operation", arguments: Way.allCases)
    func killsThenPowerCut(_ way: Way) throws {
        for operations in 0..<40 {
            for seed in 0..<5 as Range<UInt64> {
                let disk = try prepared(way)
                // The process dies at this operation; the machine does not.
                disk.cutPower(afterOperations: operations)
                _ = directoryStore(disk.fileSystem, "/zone").create(object(way))
                disk.killProcess()
                let answer = directoryStore(disk.fileSystem, "/zone").create(object(way))
                #expect([.created, .same].contains(answer))
                var generator = SeededGenerator(seed: seed)
                disk.crash(using: &generator)
                #expect(try disk.contents(path) == content)
            }
        }
    }

    @Test("one failing operation is refused or unknown, and never a lie", arguments: Way.allCases)
    func singleFailures(_ way: Way) throws {
        for errno in [Errno.ioError, .noSpace, .permissionDenied, .readOnlyFileSystem] {
            for failing in 0..<60 {
                let disk = try prepared(way)
                let store = directoryStore(disk.fileSystem, "/zone")
                let calls = Countdown(failing)
                disk.setFailures { operation in
                    if calls.isDue() { return errno }
                    return way == .copy ? twoVolumes(operation) : nil
                }
                let outcome = store.create(object(way))
                disk.setFailures(nil)
                let visible = try? disk.contents(path)
                switch outcome {
                case .created, .unknown: #expect(visible == nil || visible == content)
                case .refused: #expect(visible == nil, "refused, but there: \(errno) at \(failing)")
                case .same, .different, .conflict: Issue.record("\(outcome) at \(failing)")
                }
                var generator = SeededGenerator(seed: UInt64(failing))
                disk.crash(using: &generator)
                if outcome == .created { #expect(try disk.contents(path) == content) }
            }
        }
    }

    @Test("a reader sees no object or all of it, after every operation", arguments: Way.allCases)
    func readers(_ way: Way) throws {
        let disk = try prepared(way)
        var seen: Set<Int> = []
        for operations in 0..<60 {
            let copy = disk.clone()
            if way == .copy { copy.setFailures(twoVolumes) }
            copy.cutPower(afterOperations: operations)
            _ = directoryStore(copy.fileSystem, "/zone").create(object(way))
            seen.insert((try? copy.contents(path))?.count ?? 0)
        }
        #expect(seen == [0, content.count])
    }

    @Test("a full disk refuses a copy, and links a segment all the same")
    func fullDisk() throws {
        let disk = SimulatedDisk(capacity: 8000)
        try disk.fileSystem.seal("/journal/segment", content)
        let store = directoryStore(disk.fileSystem, "/zone")
        #expect(isRefused(store.create(.bytes("x", content))))
        #expect(disk.usedBytes == 5000, "the staged part is given back")
        #expect(store.create(.bytes("small", [1])) == .created)
        #expect(store.create(object(.link)) == .created)
        #expect(disk.usedBytes == 5001)
    }

    @Test("a segment that rotted is not copied; a copy that can't be linked is refused")
    func rotAndNoLinks() throws {
        let disk = try prepared(.copy)
        let store = directoryStore(disk.fileSystem, "/zone")
        try disk.flipBit("/journal/segment", 4000)
        #expect(isRefused(store.create(object(.copy))))
        try disk.flipBit("/journal/segment", 4000)
        disk.setFailures { if case .link = $0 { .notPermitted } else { nil } }
        #expect(isRefused(store.create(object(.copy))))
        disk.setFailures(twoVolumes)
        #expect(store.create(object(.copy)) == .created)
    }

    @Test("a directory sync that fails after the link leaves the outcome unknown, and the next try settles it")
    func unknownAfterLink() throws {
        let disk = try prepared(.link)
        let store = directoryStore(disk.fileSystem, "/zone")
        let directory = path.removingLastComponent()
        disk.setFailures { if case .syncDirectory(directory) = $0 { .ioError } else { nil } }
        #expect(isUnknown(store.create(object(.link))))
        disk.setFailures(nil)
        #expect(store.create(object(.link)) == .same)
    }
}
