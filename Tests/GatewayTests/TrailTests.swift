import Files
import Foundation
import Gateway
import Model
import SystemPackage
import Testing

@Suite("The trail") struct TrailTests {
    private func entry(_ target: String, reason: String? = nil) -> TrailEntry {
        TrailEntry(
            .producerAdded, by: TrailActor(name: "ann", role: "admin", keyID: "k", address: "127.0.0.1"), on: target,
            reason: reason, after: ["streams": "*"])
    }

    private struct Line: Decodable {
        var number: UInt64
        var previous: String
        var chain: String
        var action: String
        var target: String?
        var reason: String?
    }

    private func decode(_ lines: [String]) throws -> [Line] {
        try lines.map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    }

    private func headFile(_ zone: TestZone) -> FilePath {
        FilePath(zone.directory.path).appending("journal").appending("trail-head.json")
    }

    /// The lines hang together from the first on.
    private func isWhole(_ lines: [String]) throws -> Bool {
        var previous = TrailChain.origin
        for (index, (line, parsed)) in zip(lines, try decode(lines)).enumerated() {
            guard parsed.number == UInt64(index + 1), parsed.previous == previous else { return false }
            previous = TrailChain.hash(Array(line.utf8))
        }
        return true
    }

    @Test("entries are chained in the order given, also from many threads and over restarts, and land")
    func chained() async throws {
        let zone = try TestZone()
        for life in 0..<3 {
            let gateway = try zone.open()
            await withTaskGroup(of: Void.self) { group in
                for index in 0..<20 {
                    group.addTask {
                        #expect(await gateway.write(entry("p\(life)-\(index)", reason: "a\n\"b\"")) == nil)
                    }
                }
            }
            let lines = gateway.recentTrail()
            #expect(lines.count == 20 * (life + 1))
            #expect(try isWhole(lines))
            #expect(Set(try decode(lines).map(\.target)).count == lines.count)
            #expect(gateway.stop(within: .seconds(20)).clean)
        }
        #expect(zone.objects("_trail/").count == 3)
    }

    @Test("a line that was on its way when the machine died is written once, whether the journal had it or not")
    func crashBetween() async throws {
        for hadIt in [true, false] {
            let zone = try TestZone()
            let first = try zone.open()
            #expect(await first.write(entry("a")) == nil)
            let before = try Data(contentsOf: URL(fileURLWithPath: headFile(zone).string))
            #expect(await first.write(entry("b")) == nil)
            #expect(first.stop(within: .seconds(20)).clean)
            // As it stood before the second file operation for `b`; or, with `b` replaced, for a line never journaled.
            var text = try String(contentsOfFile: headFile(zone).string, encoding: .utf8)
            if !hadIt {
                let head = try JSONDecoder().decode(HeadFile.self, from: before)
                let (line, chain) = TrailChain(id: head.chain, number: 2, sha256: try lastHash(text)).next(
                    entry("c"), gateway: GatewayName("local")!, incarnation: first.incarnation,
                    at: Timestamp(microseconds: 0))
                var next = try JSONDecoder().decode(HeadFile.self, from: Data(text.utf8))
                next.lines.append(line)
                next.number = chain.number
                next.sha256 = chain.sha256
                text = String(decoding: try JSONEncoder().encode(next), as: UTF8.self)
            }
            text = text.replacingOccurrences(of: "\"pending\":false", with: "\"pending\":true")
            #expect(text.contains("\"pending\":true"))
            try text.write(toFile: headFile(zone).string, atomically: false, encoding: .utf8)
            let second = try zone.open()
            #expect(await second.write(entry("d")) == nil)
            let lines = second.recentTrail()
            #expect(try decode(lines).map(\.target) == (hadIt ? ["a", "b", "d"] : ["a", "b", "c", "d"]))
            #expect(try isWhole(lines))
            #expect(second.stop(within: .seconds(20)).clean)
            #expect(zone.objects("_trail/").count == 2)
        }
    }

    @Test(
        "where the journal holds an earlier try at the line that was on its way, the chain goes on from that, if it is known"
    )
    func anotherInItsPlace() async throws {
        for isKnown in [true, false] {
            let zone = try TestZone()
            let first = try zone.open()
            #expect(await first.write(entry("a")) == nil)
            let before = try JSONDecoder().decode(
                HeadFile.self, from: Data(contentsOf: URL(fileURLWithPath: headFile(zone).string)))
            #expect(await first.write(entry("b")) == nil)
            let b = try #require(first.recentTrail().last)
            #expect(first.stop(within: .seconds(20)).clean)
            // As if the write of `b` had failed, and the machine had died while `c` was on its way with the same number.
            let (line, chain) = TrailChain(id: before.chain, number: 1, sha256: before.sha256).next(
                entry("c"), gateway: GatewayName("local")!, incarnation: first.incarnation,
                at: Timestamp(microseconds: 0))
            var head = before
            head.lines.append(line)
            head.number = chain.number
            head.sha256 = chain.sha256
            head.pending = true
            head.doubtful = isKnown ? ["{}", b] : nil
            try JSONEncoder().encode(head).write(to: URL(fileURLWithPath: headFile(zone).string))
            let second = try zone.open()
            #expect(await second.write(entry("d")) == nil)
            let lines = second.recentTrail()
            if isKnown {
                #expect(try decode(lines).map(\.target) == ["a", "b", "d"])
                #expect(try isWhole(lines))
            } else {
                #expect(try decode(lines).map(\.action) == ["producer_added", "trail_restarted", "producer_added"])
                #expect(try isWhole(Array(lines.dropFirst())))
            }
            #expect(second.stop(within: .seconds(20)).clean)
        }
    }

    @Test(
        "a lost or damaged head is said so in a new chain, and the gateway starts all the same",
        arguments: [true, false])
    func lostHead(_ damaged: Bool) async throws {
        let zone = try TestZone()
        let first = try zone.open()
        #expect(await first.write(entry("a")) == nil)
        #expect(first.stop(within: .seconds(20)).clean)
        if damaged {
            var text = try String(contentsOfFile: headFile(zone).string, encoding: .utf8)
            text = text.replacingOccurrences(of: "producer_added", with: "producer_revoked")
            try text.write(toFile: headFile(zone).string, atomically: false, encoding: .utf8)
        } else {
            try FileManager.default.removeItem(atPath: headFile(zone).string)
        }
        let second = try zone.open()
        #expect(await second.write(entry("b")) == nil)
        let lines = try decode(second.recentTrail())
        #expect(lines.map(\.action) == (damaged ? ["trail_restarted"] : []) + ["producer_added"])
        #expect(second.stop(within: .seconds(20)).clean)
    }

    @Test("what the trail tells of the last landing lands too")
    func stopLandsAll() async throws {
        let zone = try TestZone()
        let gateway = try zone.open { configuration in
            configuration.partition.partitionAfter = .milliseconds(1)
            configuration.partition.failuresMin = 1
            configuration.partition.successesMin = 1
            configuration.partition.healAfter = .milliseconds(1)
            configuration.partition.probeInterval = .milliseconds(20)
            configuration.partition.probeIntervalInDoubt = .milliseconds(20)
        }
        zone.store.set(.refusing)
        for _ in 0..<3000 where gateway.zoneStatus[0].state != .partitioned {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(await gateway.send("{}", to: "logs").receipt != nil)
        let healing = Task {
            try await Task.sleep(for: .milliseconds(200))
            zone.store.set(.well)
        }
        #expect(gateway.stop(within: .seconds(20)).clean)
        try await healing.value
        let actions = try decode(gateway.recentTrail()).map(\.action)
        #expect(actions.count >= 3 && Set(actions) == ["zone_changed"])
        // Their numbers are the sequences of one life.
        let landed = zone.objects("_trail/").compactMap { $0.dropLast(".json.gz".count).split(separator: "-").last }
        #expect(landed.compactMap { Int($0) }.max() == actions.count - 1)
    }

    private struct HeadFile: Codable {
        var version: Int
        var chain: String
        var number: UInt64
        var sha256: String
        var pending: Bool
        var lines: [String]
        var doubtful: [String]?
    }

    private func lastHash(_ text: String) throws -> String {
        try JSONDecoder().decode(HeadFile.self, from: Data(text.utf8)).sha256
    }
}

extension ControlPlaneIntake {
    /// Writes an entry and waits until it is durable or has failed.
    func write(_ entry: TrailEntry) async -> WriteFailure? {
        await withCheckedContinuation { continuation in record(entry) { continuation.resume(returning: $0) } }
    }

    func fate(of key: String, producer: String = "anonymous", in stream: String) async -> BatchFate {
        await withCheckedContinuation { continuation in
            fate(of: key, producer: producer, in: StreamName(stream)!) { continuation.resume(returning: $0) }
        }
    }
}
