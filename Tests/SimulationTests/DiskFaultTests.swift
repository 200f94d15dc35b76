import Files
import Simulation
import SystemPackage
import Testing

@Suite struct SimulatedDiskFaults {
    @Test("a sync that failed loses its bytes at the crash, even when the next sync succeeds")
    func failedSync() throws {
        let disk = SimulatedDisk()
        let file = try disk.fileSystem.open("/f", .create)
        try disk.fileSystem.syncDirectory("/")
        try file.write([1, 1], at: 0)
        disk.setFailures { if case .syncData = $0 { .ioError } else { nil } }
        let error = #expect(throws: FileError.self) { try file.syncData() }
        #expect(error?.errno == .ioError)
        disk.setFailures(nil)
        try file.write([2, 2], at: 2)
        try file.syncData()
        #expect(try disk.contents("/f") == [1, 1, 2, 2])
        var generator = SeededGenerator(seed: 0)
        disk.crash(using: &generator)
        #expect(try disk.contents("/f") == [0, 0, 2, 2])
    }

    @Test("a failing write has written a part")
    func failedWrite() throws {
        let disk = SimulatedDisk()
        let file = try disk.fileSystem.open("/f", .create)
        disk.setFailures { if case .write(_, _, count: 4) = $0 { .ioError } else { nil } }
        #expect(throws: FileError.self) { try file.write([1, 2, 3, 4], at: 0) }
        #expect(try disk.contents("/f") == [1, 2])
    }

    @Test("a full disk says ENOSPC in the middle of a write, and reserved space is kept for its file")
    func full() throws {
        let disk = SimulatedDisk(capacity: 1000)
        let files = disk.fileSystem
        let reserved = try files.open("/reserved", .create)
        let greedy = try files.open("/greedy", .create)
        try reserved.reserve(from: 0, count: 400)
        #expect(try files.freeBytes("/") == 600)
        let error = #expect(throws: FileError.self) { try greedy.write(Array(repeating: 1, count: 700), at: 0) }
        #expect(error?.isOutOfSpace == true)
        #expect(try greedy.size() == 600)
        #expect(throws: FileError.self) { try files.open("/third", .create) }
        #expect(throws: FileError.self) { try greedy.reserve(from: 0, count: 601) }
        try reserved.write(Array(repeating: 2, count: 400), at: 0)
        try files.unlink("/greedy")
        #expect(try files.freeBytes("/") == 0, "an open file keeps its space")
        withExtendedLifetime(greedy) {}
    }

    @Test("space comes back when a file is cut, released, or closed without a name")
    func spaceComesBack() throws {
        let disk = SimulatedDisk(capacity: 1000)
        let files = disk.fileSystem
        var file: SimulatedFile? = try files.open("/f", .create)
        try file?.write(Array(repeating: 1, count: 500), at: 0)
        try file?.reserve(from: 0, count: 900)
        #expect(disk.usedBytes == 900)
        try file?.releaseReserve(beyond: 500)
        #expect(disk.usedBytes == 500)
        try file?.truncate(to: 100)
        #expect(disk.usedBytes == 100)
        try files.unlink("/f")
        file = nil
        #expect(disk.usedBytes == 0)
    }

    @Test("after a power cut everything fails until the restart, and the call in flight may have worked, or half of it")
    func powerCut() throws {
        var outcomes: Set<[UInt8]> = []
        for seed in 0..<50 as Range<UInt64> {
            let disk = SimulatedDisk()
            let file = try disk.fileSystem.open("/f", .create)
            try disk.fileSystem.syncDirectory("/")
            // Whether half of a write is done depends on when it comes.
            if seed.isMultiple(of: 2) { try disk.fileSystem.syncDirectory("/") }
            disk.cutPower(afterOperations: 1)
            try file.write([1], at: 0)
            let error = #expect(throws: FileError.self) { try file.write([2, 3], at: 1) }
            #expect(error?.operation == SimulatedDisk.powerCut)
            #expect(error?.errno == .ioError)
            #expect(disk.isCut)
            #expect(throws: FileError.self) { try disk.fileSystem.list("/") }
            var generator = SeededGenerator(seed: seed)
            disk.crash(using: &generator)
            #expect(try disk.fileSystem.list("/") == ["f"])
            outcomes.insert(try disk.contents("/f"))
        }
        #expect(outcomes.isSuperset(of: [[], [1], [1, 2], [1, 2, 3]]))
    }

    @Test("bits flip and tails go where the test says")
    func damage() throws {
        let disk = SimulatedDisk()
        try disk.fileSystem.open("/f", .create).write([0b1000, 2, 3], at: 0)
        try disk.flipBit("/f", 9)
        try disk.truncate("/f", to: 2)
        #expect(try disk.contents("/f") == [0b1000, 0])
        try disk.truncate("/f", to: 4)
        #expect(try disk.contents("/f") == [0b1000, 0, 0, 0])
    }

    @Test("canary: a protocol that forgets the directory sync is caught by some seed")
    func forgottenDirectorySync() throws {
        func lost(syncsDirectory: Bool) throws -> Int {
            var lost = 0
            for seed in 0..<100 as Range<UInt64> {
                let disk = SimulatedDisk()
                let file = try disk.fileSystem.open("/f", .create)
                try file.write([1], at: 0)
                try file.syncData()
                if syncsDirectory { try disk.fileSystem.syncDirectory("/") }
                var generator = SeededGenerator(seed: seed)
                disk.crash(using: &generator)
                if disk.files().isEmpty { lost += 1 }
            }
            return lost
        }
        #expect(try lost(syncsDirectory: true) == 0)
        #expect(try lost(syncsDirectory: false) > 10)
    }
}
