import Files
import Landing
import Model
import Simulation
import SystemPackage
import Testing

@Suite struct DirectoryStoreAnswers {
    enum Kind: CaseIterable { case linux, simulated }

    private let segment = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 / 251) }

    /// Runs the same body on a machine's directory and on a simulated disk.
    private func on(_ kind: Kind, _ body: (any FileSystem, FilePath) throws -> Void) throws {
        switch kind {
        case .linux:
            let directory = try TemporaryDirectory()
            try body(LinuxFileSystem(), directory.path)
        case .simulated: try body(SimulatedDisk().fileSystem, "/")
        }
    }

    @Test("a segment is created once; again it is the same; other bytes are different", arguments: Kind.allCases)
    func segments(_ kind: Kind) throws { try on(kind) { files, root in try segments(files, root) } }

    private func segments(_ files: some FileSystem, _ root: FilePath) throws {
        let store = directoryStore(files, root.appending("zone"))
        let name = "audit_logs/date=2026-11-23/hour=13/use1-a_9f3c_0-499.json.gz"
        let (path, other) = (root.appending("journal/one"), root.appending("journal/two"))
        try files.seal(path, segment)
        var changed = segment
        changed[2_000_000] ^= 1
        try files.seal(other, changed)

        #expect(store.inspect(name) == .absent)
        #expect(store.readPrefix(name, count: 10) == .absent)
        #expect(store.create(.file(name, path, segment)) == .created)
        #expect(store.create(.file(name, path, segment)) == .same)
        #expect(store.create(.bytes(name, segment)) == .same)
        #expect(store.create(.file(name, other, changed)) == .different)
        #expect(store.create(.bytes(name, Array(segment.dropLast()))) == .different)
        #expect(store.inspect(name) == .present(length: 3_000_000, sha256: SHA256.hash(segment)))
        #expect(store.readPrefix(name, count: 300) == .bytes(Array(segment[..<300])))
        // The journal retires its name; the object stays.
        try files.unlink(path)
        #expect(store.readPrefix(name, count: .max) == .bytes(segment))
    }

    @Test("bytes are created once, and no staging is left", arguments: Kind.allCases)
    func bytes(_ kind: Kind) throws { try on(kind) { files, root in try bytes(files, root) } }

    private func bytes(_ files: some FileSystem, _ root: FilePath) throws {
        let store = directoryStore(files, root.appending("zone"))
        #expect(store.create(.bytes("billing/keyed/ab/x.json.gz", [1, 2, 3])) == .created)
        #expect(store.create(.bytes("billing/keyed/ab/x.json.gz", [1, 2, 3])) == .same)
        #expect(store.create(.bytes("billing/keyed/ab/x.json.gz", [1, 2, 4])) == .different)
        #expect(store.create(.bytes("empty", [])) == .created)
        #expect(store.inspect("empty") == .present(length: 0, sha256: SHA256.hash([])))
        #expect(try files.list(root.appending("zone/.staging")) == [])
    }

    @Test("names that could lead elsewhere are refused", arguments: Kind.allCases)
    func names(_ kind: Kind) throws { try on(kind) { files, root in try names(files, root) } }

    private func names(_ files: some FileSystem, _ root: FilePath) throws {
        let store = directoryStore(files, root.appending("zone"))
        let long = String(repeating: "a", count: 255)
        for name in ["", "/a", "a/", "a//b", "..", "a/../b", ".", ".staging/x", "a b", "a\\b", "ä", "a\0b", long + "a"]
        {
            guard case .refused = store.create(.bytes(name, [1])) else {
                Issue.record("\(name) was not refused")
                continue
            }
            guard case .failed = store.inspect(name), case .failed = store.readPrefix(name, count: 1) else {
                Issue.record("\(name) was read")
                continue
            }
        }
        #expect(store.create(.bytes(long, [1])) == .created)
        #expect(try files.list(root.appending("zone")) == [".staging", long])
    }

    @Test("bytes that are not those announced are never published", arguments: Kind.allCases)
    func corrupt(_ kind: Kind) throws { try on(kind) { files, root in try corrupt(files, root) } }

    private func corrupt(_ files: some FileSystem, _ root: FilePath) throws {
        let store = directoryStore(files, root.appending("zone"))
        var object = NewObject.bytes("x", [1, 2, 3])
        object.body = .bytes([1, 2, 4])
        #expect(isRefused(store.create(object)))
        let path = root.appending("journal/short")
        try files.seal(path, [1, 2])
        #expect(isRefused(store.create(.file("x", path, [1, 2, 3]))))
        #expect(store.inspect("x") == .absent)
        #expect(try files.list(root.appending("zone/.staging")) == [])
    }

    @Test("what a crash left in staging goes before anything is staged again", arguments: Kind.allCases)
    func leftovers(_ kind: Kind) throws { try on(kind) { files, root in try leftovers(files, root) } }

    private func leftovers(_ files: some FileSystem, _ root: FilePath) throws {
        try files.seal(root.appending("zone/.staging/1"), [1])
        let store = directoryStore(files, root.appending("zone"))
        #expect(store.create(.bytes("w", [4])) == .created)
        #expect(try files.list(root.appending("zone/.staging")) == [])
        // A second process's staging file is not mistaken for the object.
        try files.seal(root.appending("zone/.staging/1"), [1])
        #expect(store.create(.bytes("x", [5])) == .created)
        #expect(store.readPrefix("x", count: 9) == .bytes([5]))
    }

    @Test("a zone that is away at the start, or goes away, is used once it is back", arguments: Kind.allCases)
    func away(_ kind: Kind) throws { try on(kind) { files, root in try away(files, root) } }

    private func away(_ files: some FileSystem, _ root: FilePath) throws {
        let zone = root.appending("zone")
        let segment = root.appending("journal/segment")
        try files.seal(segment, [1, 2])
        try files.seal(zone, [])  // A file, where the zone should be.
        let store = directoryStore(files, zone)
        for object in [NewObject.bytes("x", [5]), .file("y", segment, [1, 2])] {
            #expect(isRefused(store.create(object)))
            #expect(store.inspect(object.name) != .present(length: object.length, sha256: object.sha256))
        }
        try files.unlink(zone)
        #expect(store.create(.bytes("x", [5])) == .created)
        #expect(store.create(.file("y", segment, [1, 2])) == .created)

        // Somebody removes it whole, and puts nothing in its place.
        for name in ["x", "y"] { try files.unlink(zone.appending(name)) }
        try files.rename(zone, to: root.appending("elsewhere"))
        #expect(isUnknown(store.create(.bytes("x", [5]))))
        #expect(store.create(.bytes("x", [5])) == .created)
    }
}

func isRefused(_ outcome: CreateOutcome) -> Bool {
    if case .refused = outcome { true } else { false }
}

func isUnknown(_ outcome: CreateOutcome) -> Bool {
    if case .unknown = outcome { true } else { false }
}
