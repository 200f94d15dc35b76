import Files
import Foundation
import Model
import Payload
import SystemPackage
import Testing

@testable import Journal

/// Files of every format version, checked in: today's writer makes the same bytes as the newest, and today's reader reads
/// all. With `SLUICE_WRITE_GOLDEN=1` the newest are written anew, which only a new format version may need.
@Suite struct GoldenTests {
    private let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden")
    private let gateway = GatewayName("golden-1")!
    private let stream = StreamName("orders")!
    private let incarnation = Incarnation(rawValue: 0x0123_4567_89AB_CDEF)
    private let time = Timestamp(microseconds: 1_767_225_600_000_000)
    private let window: Duration = .seconds(86_400 * 365 * 1000)

    @Test("the writer makes the golden bytes, and the reader finds in them what was written")
    func golden() throws {
        let root = FilePath(FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path)
        defer { try? FileManager.default.removeItem(atPath: root.string) }
        let (journal, _) = try open(root, incarnation) { _, _, _ in }
        for first in [0, 2] {
            _ = try journal.append(
                [batch(first, events: 2), batch(first + 1, events: first == 0 ? 0 : 1)],
                monotonic: MonotonicInstant(nanoseconds: 0))
        }
        try journal.seal()
        let segment = try #require(journal.takeSealed().first)
        try compare("segment-v1.json.gz", with: segment.path)
        try compare("segment-v1.json.gz.sealed", with: FilePath(segment.path.string + ".sealed"))
        try journal.retire(segment, now: time)
        try compare("keys-v2.keys", with: root.appending("orders/keys/0.keys"))
    }

    @Test(
        "a recovery of the golden files gives segment, batches and keys; from version 2 on, also where they landed",
        arguments: ["keys-v1.keys", "keys-v2.keys"])
    func recovery(_ keys: String) throws {
        let root = FilePath(FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path)
        defer { try? FileManager.default.removeItem(atPath: root.string) }
        let place = root.appending("orders")
        try FileManager.default.createDirectory(
            atPath: place.appending("keys").string, withIntermediateDirectories: true)
        let name = "0123456789abcdef-00000000.json.gz"
        for (from, to) in [
            ("segment-v1.json.gz", name), ("segment-v1.json.gz.sealed", name + ".sealed"),
            (keys, "keys/0.keys"),
        ] {
            try FileManager.default.copyItem(
                atPath: folder.appendingPathComponent(from).path, toPath: place.appending(to).string)
        }
        var seen: [BatchEntry] = []
        let (_, report) = try open(root, Incarnation(rawValue: 2)) { entry, incarnation, _ in
            #expect(incarnation == self.incarnation)
            seen.append(entry)
        }
        #expect(report.refused.isEmpty && report.damages.isEmpty && report.damagedSealed.isEmpty)
        #expect(report.sealed.map(\.range) == [SequenceRange(first: 0, count: 5)])
        #expect(
            report.sealed.map(\.objectName) == ["orders/date=2026-01-01/hour=00/golden-1_0123456789abcdef_0-4.json.gz"])
        let expected = [batch(0, events: 2), batch(1, events: 0), batch(2, events: 2), batch(3, events: 1)].map(\.entry)
        // Once from the key log, once from the segment.
        #expect(seen == expected + expected)
        #expect(report.retired.contains(0, of: incarnation) && report.retired.contains(4, of: incarnation))
        #expect(!report.retired.contains(5, of: incarnation))
        let landed = LandedSegment(
            incarnation: incarnation, range: SequenceRange(first: 0, count: 5),
            object: "orders/date=2026-01-01/hour=00/golden-1_0123456789abcdef_0-4.json.gz",
            newest: Timestamp(microseconds: time.microseconds + 3))
        #expect(report.landed == (keys == "keys-v1.keys" ? [] : [landed]))
    }

    @Test("a record that version 1 does not know makes no batch to it: it passes over, as over a damaged one")
    func passedOver() throws {
        let segment = LandedSegment(
            incarnation: incarnation, range: SequenceRange(first: 0, count: 5),
            object: "a/date=2026-01-01/hour=00/g_0123456789abcdef_0-4.json.gz", newest: time)
        let payload = Array(KeyLogRecord(landed: segment).encoded().dropFirst(8))
        payload.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            #expect(throws: BlockError.self) {
                _ = try reader.take(UInt64.self)
                _ = try reader.take(UInt32.self)
                _ = try reader.take(UInt64.self)
                _ = try reader.takeEntry()
            }
        }
        #expect(KeyLogRecord(payload: payload)?.landed == segment)
        for count in payload.indices { #expect((KeyLogRecord(payload: Array(payload[..<count])) == nil) as Bool) }
    }

    @Test("Python's gzip reads the golden segment")
    func python() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "python3", "-c", "import gzip,sys; sys.stdout.write(gzip.open(sys.argv[1], 'rt').read())",
            folder.appendingPathComponent("segment-v1.json.gz").path,
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(text == lines(0, 2) + lines(2, 2) + lines(3, 1))
    }

    @Test("a body length at the largest block's is taken for a length, one byte more for damage")
    func largestBody() throws {
        var bytes = [UInt8](try Data(contentsOf: folder.appendingPathComponent("segment-v1.json.gz")))
        for (count, isLength) in [(UInt32(Block.maxBodyBytes), true), (UInt32(Block.maxBodyBytes) + 1, false)] {
            withUnsafeBytes(of: count.littleEndian) {
                for (index, byte) in $0.enumerated() { bytes[48 + index] = byte }
            }
            let length = bytes.withUnsafeBytes { buffer in Result { try Block.length(at: buffer) } }
            #expect(((try? length.get()) != nil) == isLength)
        }
    }

    private func open(
        _ root: FilePath, _ incarnation: Incarnation, _ onEntry: (BatchEntry, Incarnation, UInt64) -> Void
    ) throws -> (StreamJournal<LinuxFileSystem>, RecoveryReport) {
        var configuration = JournalConfiguration()
        configuration.idempotencyWindow = window
        return try Journal(
            files: LinuxFileSystem(), directory: root, configuration: configuration, gateway: gateway,
            incarnation: incarnation
        ).open(stream, now: time, onEntry: onEntry)
    }

    private func compare(_ name: String, with path: FilePath) throws {
        let golden = folder.appendingPathComponent(name)
        let made = try Data(contentsOf: URL(fileURLWithPath: path.string))
        if ProcessInfo.processInfo.environment["SLUICE_WRITE_GOLDEN"] == "1" { try made.write(to: golden) }
        #expect(try made == Data(contentsOf: golden), "\(name) is not what this build writes")
    }

    private func lines(_ number: Int, _ events: Int) -> String {
        (0..<events).map { "{\"batch\":\(number),\"event\":\($0)}\n" }.joined()
    }

    /// Its body is a stored deflate block (RFC 1951, 3.2.4), so the bytes depend on no compressor.
    private func batch(_ number: Int, events: Int) -> EncodedBatch {
        let text = Array(lines(number, events).utf8)
        let length = UInt16(text.count)
        var stored: [UInt8] = [0, UInt8(length & 255), UInt8(length >> 8), UInt8(~length & 255), UInt8(~length >> 8)]
        stored += text
        return EncodedBatch(
            entry: BatchEntry(
                digest: BatchDigest(high: UInt64(number) + 1, low: 7),
                fingerprint: PayloadFingerprint(rawValue: UInt64(number) + 100),
                receivedAt: Timestamp(microseconds: time.microseconds + Int64(number)), accepted: UInt32(events),
                rejects: number == 1
                    ? [.init(index: 0, reason: .malformedJSON), .init(index: 300, reason: .tooDeep)] : []),
            deflated: events == 0 ? [] : stored, crc32: GoldenTests.crc32(text), uncompressedCount: text.count,
            eventTimes: number == 2 ? time...Timestamp(microseconds: time.microseconds + 5) : nil)
    }

    /// CRC-32 (RFC 1952, 8), bit by bit.
    private static func crc32(_ bytes: [UInt8]) -> UInt32 {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        return ~crc
    }
}
