import Files
import Simulation
import SystemPackage
import Testing

@Suite struct SimulatedDiskCrashes {
    private let disk = SimulatedDisk()
    private var files: SimulatedFileSystem { disk.fileSystem }

    /// What the crashes of many seeds leave of a file; nil when its name is gone.
    private func outcomes(_ path: FilePath, seeds: UInt64 = 300) -> Set<[UInt8]?> {
        Set(
            (0..<seeds).map { seed -> [UInt8]? in
                let copy = disk.clone()
                var generator = SeededGenerator(seed: seed)
                copy.crash(using: &generator)
                return try? copy.contents(path)
            })
    }

    @Test("what was synced, bytes and entry, always stays")
    func syncedStays() throws {
        let file = try files.open("/f", .create)
        try file.write(Array(repeating: 7, count: 3000), at: 0)
        try file.syncData()
        try files.syncDirectory("/")
        #expect(outcomes("/f") == [Array(repeating: 7, count: 3000)])
    }

    @Test("an unsynced write may stay, vanish, or be torn at sectors in any order")
    func unsyncedWrite() throws {
        let file = try files.open("/f", .create)
        try file.write(Array(repeating: 1, count: 2048), at: 0)
        try file.syncData()
        try files.syncDirectory("/")
        try file.write(Array(repeating: 2, count: 1348), at: 300)
        let outcomes = outcomes("/f").compactMap { $0 }
        let untouched = [UInt8](repeating: 1, count: 2048)
        #expect(outcomes.contains(untouched))
        #expect(outcomes.contains(try disk.contents("/f")))
        for bytes in outcomes {
            #expect(bytes.count == 2048)
            for sector in 0..<4 {
                let touched = (sector * 512..<(sector + 1) * 512).clamped(to: 300..<1648)
                #expect(Set(bytes[touched]).count == 1, "a sector of a write is whole or not there")
            }
            #expect(Set(bytes[..<300]) == [1])
            #expect(Set(bytes[1648...]) == [1])
        }
        #expect(outcomes.contains { $0[300] == 1 && $0[1647] == 2 }, "a later sector without an earlier one")
    }

    @Test("an appended tail may come back as zeros")
    func zeroTail() throws {
        let file = try files.open("/f", .create)
        try files.syncDirectory("/")
        try file.write(Array(repeating: 5, count: 1024), at: 0)
        let outcomes = outcomes("/f")
        #expect(outcomes.contains([]))
        #expect(outcomes.contains(Array(repeating: 0, count: 1024)))
    }

    @Test("an entry that was not synced may vanish although the file's bytes were")
    func unsyncedEntry() throws {
        let file = try files.open("/f", .create)
        try file.write([1, 2, 3], at: 0)
        try file.syncData()
        #expect(outcomes("/f") == [nil, [1, 2, 3]])
    }

    @Test("a rename is there whole or not at all, and an unsynced unlink may not have been")
    func rename() throws {
        for name: FilePath in ["/old", "/new", "/gone"] {
            let file = try files.open(name, .create)
            try file.write(Array(name.string.utf8), at: 0)
            try file.syncData()
        }
        try files.syncDirectory("/")
        try files.rename("/old", to: "/new")
        try files.unlink("/gone")
        var seen: Set<[FilePath]> = []
        for seed in 0..<200 as Range<UInt64> {
            let copy = disk.clone()
            var generator = SeededGenerator(seed: seed)
            copy.crash(using: &generator)
            seen.insert(copy.files())
        }
        #expect(seen == [["/gone", "/new", "/old"], ["/new", "/old"], ["/gone", "/new"], ["/new"]])
    }

    @Test("syncing a directory does not sync its siblings")
    func otherDirectory() throws {
        try files.createDirectories("/a")
        try files.createDirectories("/b")
        for path: FilePath in ["/a/f", "/b/f"] { try files.open(path, .create).syncData() }
        try files.syncDirectory("/a")
        #expect(outcomes("/a/f") == [[]])
        #expect(outcomes("/b/f") == [nil, []])
    }

    @Test("a second name keeps the bytes when the first goes")
    func hardLink() throws {
        let file = try files.open("/f", .create)
        try file.write([4], at: 0)
        try file.syncData()
        try files.link("/f", to: "/g")
        try files.unlink("/f")
        try files.syncDirectory("/")
        #expect(outcomes("/g") == [[4]])
        #expect(outcomes("/f") == [nil])
    }

    @Test("after a crash old files are dead, locks are free, and the disk works again")
    func restart() throws {
        let file = try files.open("/f", .create)
        try files.syncDirectory("/")
        let lock = try files.lock("/f")
        var generator = SeededGenerator(seed: 1)
        disk.crash(using: &generator)
        let error = #expect(throws: FileError.self) { try file.syncData() }
        #expect(error?.errno == .badFileDescriptor)
        #expect(throws: FileError.self) { try lock.size() }
        let again = try files.lock("/f")
        try again.write([1], at: 0)
        #expect(throws: FileError.self) { try files.lock("/f") }
        withExtendedLifetime(again) {}
    }

    @Test("the end of the process keeps unsynced bytes readable, not durable")
    func kill() throws {
        let file = try files.open("/f", .create)
        try files.syncDirectory("/")
        try file.write([1, 2], at: 0)
        disk.killProcess()
        #expect(throws: FileError.self) { try file.size() }
        #expect(try disk.contents("/f") == [1, 2])
        #expect(outcomes("/f").contains([]))
    }

    @Test("the same seed crashes the same way")
    func deterministic() throws {
        for index in 0..<20 {
            let file = try files.open(FilePath("/\(index)"), .create)
            try file.write(Array(repeating: 1, count: 5000), at: 0)
        }
        func crashed(_ seed: UInt64) throws -> [[UInt8]] {
            let copy = disk.clone()
            var generator = SeededGenerator(seed: seed)
            copy.crash(using: &generator)
            return try copy.files().map { Array($0.string.utf8) + (try copy.contents($0)) }
        }
        for seed in 0..<20 as Range<UInt64> { #expect(try crashed(seed) == crashed(seed)) }
        #expect(Set(try (0..<20 as Range<UInt64>).map(crashed)).count > 5)
    }
}
