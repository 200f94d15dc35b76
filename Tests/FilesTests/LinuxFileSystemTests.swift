import Files
import SystemPackage
import Testing

@Suite struct LinuxFiles {
    private let directory: TemporaryDirectory
    private let files = LinuxFileSystem()

    init() throws { directory = try TemporaryDirectory() }

    @Test("a write of more buffers than one system call takes is whole")
    func manyBuffers() throws {
        let file = try files.open(directory.path.appending("many"), .create)
        let bytes = (0..<5000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        try bytes.withUnsafeBytes { all in
            try file.write((0..<5000).map { UnsafeRawBufferPointer(rebasing: all[$0..<($0 + 1)]) }, at: 3)
        }
        var read = [UInt8](repeating: 9, count: 6000)
        let count = try read.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
        #expect(count == 5003)
        #expect(Array(read[..<count]) == [0, 0, 0] + bytes)
    }

    @Test("a reserve takes space but no length, and goes back on request")
    func reserve() throws {
        let path = directory.path.appending("reserved")
        let file = try files.open(path, .create)
        try [1, 2, 3].withUnsafeBytes { try file.write([UnsafeRawBufferPointer(rebasing: $0[..<3])], at: 0) }
        try file.reserve(from: 0, count: 8 << 20)
        #expect(try file.size() == 3)
        let held = try blocks(path)
        try file.releaseReserve(beyond: 3)
        #expect(try file.size() == 3)
        if held * 512 >= 8 << 20 { #expect(try blocks(path) * 512 < 1 << 20) }
        // Never at the cost of bytes.
        try file.releaseReserve(beyond: 0)
        #expect(try file.size() == 3)
    }

    private func blocks(_ path: FilePath) throws -> Int { Int(try Stat(path).blocksAllocated) }

    @Test("a lock is exclusive and goes with its file")
    func lock() throws {
        let path = directory.path.appending("lock")
        var first: LinuxFile? = try files.lock(path)
        #expect(first != nil)
        #expect(throws: FileError.self) { try files.lock(path) }
        first = nil
        _ = try files.lock(path)
    }

    @Test("there is free space, and errors name call, path and errno")
    func freeSpaceAndErrors() throws {
        #expect(try files.freeBytes(directory.path) > 0)
        let missing = directory.path.appending("missing")
        let error = #expect(throws: FileError.self) { try files.open(missing, .read) }
        #expect(error?.errno == .noSuchFileOrDirectory)
        #expect(error?.path == missing)
        #expect(error?.operation == "open")
    }
}
