import Access
import Files
import Foundation
import Model
import Simulation
import SystemPackage
import Testing

extension AccessKeeper {
    fileprivate func addProducer(
        _ name: PrincipalName, streams: StreamGrant, quota: Quota, expiresAt: Timestamp?
    ) throws(AccessError) -> AccessKey {
        let key = AccessKey.random(.producer)
        try addProducer(name, streams: streams, quota: quota, key: key, expiresAt: expiresAt)
        return key
    }
    fileprivate func addOperator(
        _ name: PrincipalName, role: OperatorRole, expiresAt: Timestamp?
    ) throws(AccessError) -> AccessKey {
        let key = AccessKey.random(.operator)
        try addOperator(name, role: role, key: key, expiresAt: expiresAt)
        return key
    }
    fileprivate func addKey(toProducer name: PrincipalName, expiresAt: Timestamp?) throws(AccessError) -> AccessKey {
        let key = AccessKey.random(.producer)
        try add(key, toProducer: name, expiresAt: expiresAt)
        return key
    }
}

@Suite("The access book") struct AccessBookTests {
    private let directory = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-\(UUID().uuidString)")
    private let now = SystemTime().now()
    private let name = PrincipalName("team-a")!

    init() throws { try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true) }

    private var path: FilePath { FilePath(directory.path).appending("access.json") }

    private func open() throws -> AccessBook<LinuxFileSystem, SystemTime> {
        try AccessBook(files: LinuxFileSystem(), path: path, time: SystemTime())
    }

    private func later(_ seconds: Int64) -> Timestamp {
        Timestamp(microseconds: now.microseconds + seconds * 1_000_000)
    }

    @Test("a producer's key opens the door, also after a restart; the file never holds it")
    func producer() throws {
        let book = try open()
        let grant = try #require(StreamGrant(["audit_logs"]))
        let key = try book.addProducer(name, streams: grant, quota: Quota(eventsPerSecond: 5), expiresAt: nil)
        for book in [book, try open()] {
            let pass = try #require(book.admit(authorization: "Bearer \(key.text)", now: now)).pass
            #expect(pass.name == name && pass.streams == grant && pass.meter?.quota.eventsPerSecond == 5)
            #expect(pass.streams.allows(StreamName("audit_logs")!) && !pass.streams.allows(StreamName("bills")!))
        }
        let file = try String(contentsOfFile: path.string, encoding: .utf8)
        #expect(file.contains(key.id) && !file.contains(key.text) && !file.contains(key.text.suffix(43)))
    }

    @Test("missing, malformed, unknown, wrong, revoked, expired and operators' keys are refused alike")
    func refused() throws {
        let book = try open()
        let key = try book.addProducer(name, streams: .all, quota: .unlimited, expiresAt: later(60))
        #expect(book.admit(authorization: "Bearer \(key.text)", now: later(59)) != nil)
        #expect(book.admit(authorization: "Bearer \(key.text)", now: later(60)) == nil, "expired")
        let last: Character = key.text.last == "A" ? "B" : "A"
        let boss = try book.addOperator(name, role: .admin, expiresAt: nil)
        for wrong in [
            nil, "", "Bearer nonsense", "Bearer \(AccessKey.random(.producer).text)",
            "Bearer \(key.text.dropLast())\(last)", "Bearer \(boss.text)",
        ] { #expect(book.admit(authorization: wrong, now: now) == nil, "\(wrong ?? "none")") }
        #expect(book.identify(authorization: "Bearer \(key.text)", now: now) == nil)
        #expect(book.identify(authorization: "Bearer \(boss.text)", now: now)?.role == .admin)
        let edition = book.edition
        try book.revoke(producer: name, key: nil)
        #expect(book.edition != edition && book.admit(authorization: "Bearer \(key.text)", now: now) == nil)
    }

    @Test("a key is replaced without a gap: both are valid until the old one is revoked")
    func rotation() throws {
        let book = try open()
        let old = try book.addProducer(name, streams: .all, quota: .unlimited, expiresAt: nil)
        let new = try book.addKey(toProducer: name, expiresAt: nil)
        for key in [old, new] { #expect(book.admit(authorization: "Bearer \(key.text)", now: now) != nil) }
        try book.revoke(producer: name, key: old.id)
        #expect(book.admit(authorization: "Bearer \(old.text)", now: now) == nil)
        #expect(book.admit(authorization: "Bearer \(new.text)", now: now) != nil)
        for _ in 0..<7 { _ = try book.addKey(toProducer: name, expiresAt: nil) }
        #expect(throws: AccessError.self) { try book.addKey(toProducer: name, expiresAt: nil) }
        #expect(book.producers.first?.keys.count == 8)
    }

    @Test("names are taken once, the last admin stays")
    func rules() throws {
        let book = try open()
        _ = try book.addProducer(name, streams: .all, quota: .unlimited, expiresAt: nil)
        #expect(throws: AccessError.self) {
            try book.addProducer(name, streams: .all, quota: .unlimited, expiresAt: nil)
        }
        #expect(throws: AccessError.self) {
            try book.addProducer(.anonymous, streams: .all, quota: .unlimited, expiresAt: nil)
        }
        #expect(throws: AccessError.self) { try book.revoke(producer: PrincipalName("x")!, key: nil) }
        #expect(throws: AccessError.self) { try book.revoke(producer: name, key: "x") }
        _ = try book.addOperator(name, role: .admin, expiresAt: nil)
        _ = try book.addOperator(PrincipalName("viewer")!, role: .viewer, expiresAt: nil)
        #expect(throws: AccessError.self) { try book.revoke(operator: name, key: nil) }
        _ = try book.addOperator(PrincipalName("second")!, role: .admin, expiresAt: nil)
        try book.revoke(operator: name, key: nil)
        #expect(book.operators.map(\.name.rawValue) == ["second", "viewer"])
    }

    @Test("a change of keys or streams does not refill a quota; a change of the quota does")
    func quotaIsKept() throws {
        let book = try open()
        let quota = Quota(eventsPerSecond: 1)
        let key = try book.addProducer(name, streams: .all, quota: quota, expiresAt: nil)
        func meter() throws -> QuotaMeter {
            try #require(book.admit(authorization: "Bearer \(key.text)", now: now)?.pass.meter)
        }
        let before = try meter()
        before.spend(events: 1000, now: SystemTime().monotonic())
        _ = try book.addKey(toProducer: name, expiresAt: nil)
        _ = try book.changeProducer(name, streams: StreamGrant(["a"]), quota: nil)
        #expect(try meter() === before)
        #expect(try meter().wait(now: SystemTime().monotonic()) != nil)
        _ = try book.changeProducer(name, streams: nil, quota: Quota(eventsPerSecond: 2))
        #expect(try meter().wait(now: SystemTime().monotonic()) == nil)
    }

    @Test("a faulty file is named and refused; on reload what was read before stays in force")
    func faulty() throws {
        let book = try open()
        let key = try book.addProducer(name, streams: .all, quota: .unlimited, expiresAt: nil)
        let good = try String(contentsOfFile: path.string, encoding: .utf8)
        for (wrong, reason) in [
            ("{", "not the JSON of an access file"), ("{\"version\":1}", "lacks `producers`"),
            (good.replacingOccurrences(of: "\"version\" : 1", with: "\"version\" : 2"), "version 2"),
            (good.replacingOccurrences(of: "team-a", with: "Team A"), "`Team A` is no producer's name"),
            (good.replacingOccurrences(of: "\"*\"", with: "\"_ledger\""), "`streams` must be"),
            (good.replacingOccurrences(of: "\"sha256\" : \"", with: "\"sha256\" : \"zz"), "a key of team-a is damaged"),
        ] {
            #expect(wrong != good)
            try wrong.write(toFile: path.string, atomically: false, encoding: .utf8)
            do {
                try book.reload()
                Issue.record("took \(wrong)")
            } catch { #expect("\(error)".contains(reason) && "\(error)".contains(path.string), "\(error)") }
            #expect(book.admit(authorization: "Bearer \(key.text)", now: now) != nil)
            #expect(throws: AccessError.self) { try open() }
        }
        try good.write(toFile: path.string, atomically: false, encoding: .utf8)
        try book.reload()
        #expect(book.admit(authorization: "Bearer \(key.text)", now: now) != nil)
    }

    @Test("whenever the machine dies while a change is saved, the book holds the state before or after it")
    func crash() throws {
        for step in 0..<40 {
            var random = SeededGenerator(seed: UInt64(step))
            let disk = SimulatedDisk()
            let files = disk.fileSystem
            try files.createDirectories("/state")
            let book = try AccessBook(files: files, path: "/state/access.json", time: SystemTime())
            let first = try book.addProducer(name, streams: .all, quota: .unlimited, expiresAt: nil)
            disk.cutPower(afterOperations: step % 10)
            let second = try? book.addProducer(PrincipalName("b")!, streams: .all, quota: .unlimited, expiresAt: nil)
            disk.crash(using: &random)
            let again = try AccessBook(files: files, path: "/state/access.json", time: SystemTime())
            #expect(again.admit(authorization: "Bearer \(first.text)", now: now) != nil)
            if let second { #expect(again.admit(authorization: "Bearer \(second.text)", now: now) != nil) }
        }
    }

    @Test("what a start has found, of a change that the process died in, holds after a power cut too")
    func killAndCrash() throws {
        var found: Set<Bool> = []
        for step in 0..<80 {
            var random = SeededGenerator(seed: UInt64(step))
            let disk = SimulatedDisk()
            func open() throws -> AccessBook<SimulatedFileSystem, SystemTime> {
                try AccessBook(files: disk.fileSystem, path: "/state/access.json", time: SystemTime())
            }
            try disk.fileSystem.createDirectories("/state")
            let book = try open()
            let key = try book.addProducer(name, streams: .all, quota: .unlimited, expiresAt: nil)
            func isGood() throws -> Bool { try open().admit(authorization: "Bearer \(key.text)", now: now) != nil }
            disk.cutPower(afterOperations: step % 8)
            try? book.revoke(producer: name, key: nil)
            disk.killProcess()
            let first = try isGood()
            found.insert(first)
            disk.crash(using: &random)
            #expect(try isGood() == first, "step \(step)")
        }
        #expect(found == [true, false])
    }

    @Test("a book whose directory can't be synced is not opened, and the file is not blamed")
    func notDurable() throws {
        let disk = SimulatedDisk()
        let files = disk.fileSystem
        try files.createDirectories("/state")
        func open() throws -> AccessBook<SimulatedFileSystem, SystemTime> {
            try AccessBook(files: files, path: "/state/access.json", time: SystemTime())
        }
        _ = try open().addProducer(name, streams: .all, quota: .unlimited, expiresAt: nil)
        disk.setFailures { if case .syncDirectory = $0 { .ioError } else { nil } }
        do {
            _ = try open()
            Issue.record("it was opened")
        } catch {
            #expect("\(error)".contains("mend the disk, not the file") && "\(error)".contains("/state/access.json"))
        }
    }
}
