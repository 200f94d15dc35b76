import Audit
import Foundation
import Landing
import Model
import Testing

@Suite struct LandingAuditTests {
    private func check(_ zone: LandedZone, _ options: AuditOptions = AuditOptions()) async throws -> AuditReport {
        try await LandingAudit.run([AuditZone(DirectoryZone(path: zone.landing.path))], options)
    }

    private func kinds(_ zone: LandedZone) async throws -> Set<Finding.Kind> {
        Set(try await check(zone).findings.map(\.kind))
    }

    @Test("what gateways landed is complete, counted and dated")
    func complete() async throws {
        let zone = try await LandedZone()
        let report = try await check(zone)
        #expect(report.complete, "\(report.findings)")
        let logs = try #require(report.streams.first { $0.stream == "logs" })
        #expect(logs.events == 14 && logs.objects == 2 && logs.gateways == 1)
        #expect(logs.complete_through != nil)
        let bills = try #require(report.streams.first { $0.stream == "bills" })
        #expect(bills.events == 12 && bills.objects == 6)
        #expect(report.streams.first { $0.stream == "_quarantine" }?.events == 2)
        let text = String(decoding: try JSONEncoder().encode(report), as: UTF8.self)
        #expect(text.contains(#""complete":true"#))
    }

    @Test("a deleted object is a gap, and is missing")
    func deleted() async throws {
        let zone = try await LandedZone()
        let whole = try await check(zone).streams.first { $0.stream == "logs" }?.complete_through
        try FileManager.default.removeItem(at: zone.url(zone.objects("logs")[0]))
        let report = try await check(zone)
        #expect(Set(report.findings.map(\.kind)) == [.gap, .missingObject])
        #expect(report.findings.allSatisfy { $0.stream == "logs" })
        #expect(report.streams.first { $0.stream == "logs" }?.complete_through != whole)
    }

    @Test("a deleted object of a strong stream is missing")
    func deletedKeyed() async throws {
        let zone = try await LandedZone()
        try FileManager.default.removeItem(at: zone.url(zone.objects("bills")[3]))
        #expect(try await kinds(zone) == [.missingObject])
    }

    @Test("without its ledger no landing zone is complete: each life is named, and no time is stated")
    func deletedLedger() async throws {
        let zone = try await LandedZone()
        for object in zone.objects("_ledger") { try FileManager.default.removeItem(at: zone.url(object)) }
        let report = try await check(zone)
        #expect(report.streams.filter { $0.complete_through != nil }.isEmpty)
        // Two lives with objects of available streams, and the gateway with those of the strong one.
        #expect(report.findings.map(\.kind) == [.noLedger, .noLedger, .noLedger])
        let details = report.findings.map(\.detail)
        #expect(Set(details).count == 3)
        #expect(details.filter { $0.contains(" local/") && $0.contains("2 of the objects") }.count == 2)
        #expect(details.filter { $0.contains(" local, ") && $0.contains("6 of the objects") }.count == 1)
    }

    @Test("a life whose ledger is gone is named, though another life's is there")
    func deletedLifeOfLedger() async throws {
        let zone = try await LandedZone()
        let first = zone.objects("_ledger")[0]
        let life = try #require(LandedName(first))
        guard case .segment(let segment) = life else { throw CancellationError() }
        let incarnation = segment.life.incarnation
        for object in zone.objects("_ledger") where object.contains("_\(incarnation)_") {
            try FileManager.default.removeItem(at: zone.url(object))
        }
        let report = try await check(zone)
        // The second life says how far the first one's ledger went; of the second nobody speaks.
        #expect([[.noLedger], [.gap]].contains(report.findings.map(\.kind)))
        #expect(report.findings[0].detail.contains("\(incarnation)"))
    }

    @Test("a zone with strong objects only, and no ledger, is not complete; one with their ledger is")
    func strongOnly() async throws {
        let zone = try await LandedZone(streams: ["bills"])
        #expect(zone.objects("logs").isEmpty && zone.objects("_quarantine").isEmpty)
        #expect(try await check(zone).complete)
        for object in zone.objects("_ledger") { try FileManager.default.removeItem(at: zone.url(object)) }
        #expect(try await kinds(zone) == [.noLedger])
        for object in zone.objects("bills") { try FileManager.default.removeItem(at: zone.url(object)) }
        #expect(try await check(zone).complete, "nothing is there, and nothing says that anything was")
    }

    @Test("an object under a second range's name is a duplicate, and its name is wrong")
    func duplicated() async throws {
        let zone = try await LandedZone()
        let object = zone.objects("logs")[0]
        let name = object.replacing("_0-6.json.gz", with: "_3-9.json.gz")
        #expect(name != object)
        try FileManager.default.copyItem(at: zone.url(object), to: zone.url(name))
        #expect(try await kinds(zone) == [.duplicate, .count])
    }

    @Test("an object copied to another stream is foreign there")
    func otherStream() async throws {
        let zone = try await LandedZone()
        let object = zone.objects("logs")[0]
        let name = "other" + object.dropFirst("logs".count)
        try FileManager.default.createDirectory(
            at: zone.url(name).deletingLastPathComponent(), withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: zone.url(object), to: zone.url(name))
        #expect(try await kinds(zone).contains(.foreign))
    }

    @Test("a flipped byte anywhere is found", arguments: [0, 3, 10, 20, 40, 90, 150, -1, -5, -12])
    func flipped(_ place: Int) async throws {
        let zone = try await LandedZone()
        let object = zone.objects("logs")[0]
        try zone.damage(object) { $0[place >= 0 ? place : $0.count + place] ^= 1 }
        let report = try await check(zone)
        #expect(report.findings.contains { $0.kind == .hash && $0.object == object }, "\(report.findings)")
    }

    @Test("a truncated object is found, also when it ends between blocks or is empty")
    func truncated() async throws {
        let zone = try await LandedZone()
        let object = zone.objects("logs")[0]
        try zone.damage(object) { $0.removeLast() }
        #expect(try await kinds(zone).contains(.hash))
        try zone.damage(object) { $0 = Data() }
        let found = try await kinds(zone)
        #expect(found.contains(.hash) && found.contains(.count))
    }

    @Test(
        "names that no gateway gives are foreign",
        arguments: [
            "x.json.gz", "logs/x.json.gz", "logs/date=2026-01-01/hour=00/part-0000.json.gz",
            "logs/date=2026-01-01/hour=00/local_0000000000000001_5-3.json.gz",
            "logs/date=2026-01-01/hour=24/local_0000000000000001_0-3.json.gz",
            "logs/date=2026-02-30/hour=00/local_0000000000000001_0-3.json.gz",
            "logs/date=2026-01-01/hour=00/local_0000000000000001_00-3.json.gz",
            "logs/date=2026-01-01/hour=00/local_0000000000000001_0-18446744073709551615.json.gz",
            "bills/keyed/00/abc.json.gz",
        ])
    func foreign(_ name: String) async throws {
        let zone = try await LandedZone()
        try FileManager.default.createDirectory(
            at: zone.url(name).deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data("hello".utf8).write(to: zone.url(name))
        let report = try await check(zone)
        #expect(report.findings.map(\.kind) == [.foreign] && report.findings.first?.object == name)
    }

    @Test("bytes that are no block, under a gateway's name, have no hash to trust")
    func notABlock() async throws {
        let zone = try await LandedZone()
        let name = "logs/date=2026-01-01/hour=00/local_0000000000000001_0-3.json.gz"
        try FileManager.default.createDirectory(
            at: zone.url(name).deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data("hello".utf8).write(to: zone.url(name))
        #expect(try await kinds(zone) == [.hash])
    }

    @Test("what is staged is no object; what is no directory can't be checked")
    func staging() async throws {
        let zone = try await LandedZone()
        try Data("half".utf8).write(to: zone.url(".staging/9.json.gz"))
        #expect(try await check(zone).complete)
        await #expect(throws: StoreFailure.self) {
            try await LandingAudit.run([AuditZone(DirectoryZone(path: zone.landing.path + "/none"))])
        }
    }

    @Test("with `since`, what is older is neither read nor missed")
    func since() async throws {
        let zone = try await LandedZone()
        var options = AuditOptions()
        options.since = LandingHour(Timestamp(microseconds: SystemTime().now().microseconds + 7_200_000_000))
        for object in zone.objects("logs") { try FileManager.default.removeItem(at: zone.url(object)) }
        #expect(try await check(zone, options).complete)
        #expect(try await !check(zone).complete)
    }

    @Test(
        "zones that are checked together: the ledger in one, the data in another; alone, it says where the data should be"
    )
    func severalZones() async throws {
        let zone = try await LandedZone()
        let own = zone.root.appendingPathComponent("own")
        try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
        try FileManager.default.moveItem(
            at: zone.landing.appendingPathComponent("_ledger"), to: own.appendingPathComponent("_ledger"))
        let data = AuditZone(DirectoryZone(path: zone.landing.path), name: .main)
        let ledger = AuditZone(DirectoryZone(path: own.path), name: ZoneName("own"))
        #expect(try await LandingAudit.run([ledger, data]).complete)
        let alone = try await LandingAudit.run([ledger])
        let missing = alone.findings.filter { $0.kind == .missingObject }
        #expect(missing.count == 10 && missing.allSatisfy { $0.zone == "main" })
        #expect(missing.allSatisfy { $0.detail.contains("zone main, which is not among those checked") })
        // The same objects in two zones are there twice.
        let doubled = try await LandingAudit.run([ledger, data, data])
        #expect(Set(doubled.findings.map(\.kind)) == [.duplicate])
    }
}
