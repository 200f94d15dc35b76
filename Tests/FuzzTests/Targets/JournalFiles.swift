import Files
import Foundation
import Model
import Payload
import Simulation
import SystemPackage

@testable import Journal

/// The files of a journal directory, from an input: of each a letter (`s` segment, `o` its sidecar, `k` key log, `r` what
/// key logs told that are gone), a digit that is its number (from `P` on, another life's), the bytes' count in decimal and a
/// space, the bytes.
struct JournalFiles {
    static let directory: FilePath = "/j"
    static let gateway = GatewayName("golden-1")!
    static let stream = StreamName("orders")!
    static let now = Timestamp(microseconds: 1_767_225_600_000_000)
    private static let lives: [UInt64] = [0x0123_4567_89AB_CDEF, 7]

    /// Name, below the stream's directory, and bytes.
    private var files: [(name: String, bytes: [UInt8])] = []

    init(_ reader: inout InputReader, mending: Bool) {
        while files.count < 12, !reader.rest.isEmpty {
            let kind = reader.byte()
            let number = reader.byte()
            var count = 0
            while let digit = reader.rest.first, (0x30...0x39).contains(digit), count < 1 << 20 {
                count = count * 10 + Int(reader.byte() - 0x30)
            }
            _ = reader.byte()
            var bytes = reader.take(count)
            let life = Incarnation(rawValue: JournalFiles.lives[number >= UInt8(ascii: "P") ? 1 : 0])
            let segment = "\(life)-0000000\(number % 10).json.gz"
            let name: String
            switch kind {
            case UInt8(ascii: "s"):
                name = segment
                if mending { Blocks.mend(&bytes) }
            case UInt8(ascii: "o"):
                name = segment + ".sealed"
                if mending { JournalFiles.mendSidecar(&bytes) }
            case UInt8(ascii: "r"):
                name = "keys/retired"
                if mending { JournalFiles.mendSidecar(&bytes) }
            default:
                name = "keys/\(number % 10).keys"
                if mending { JournalFiles.mendKeys(&bytes) }
            }
            files.removeAll { $0.name == name }
            files.append((name, bytes))
        }
    }

    var segments: [(name: String, bytes: [UInt8])] { files.filter { $0.name.hasSuffix(".json.gz") } }

    func onDisk() throws -> SimulatedDisk {
        let disk = SimulatedDisk()
        let place = JournalFiles.directory.appending(JournalFiles.stream.rawValue)
        try disk.fileSystem.createDirectories(place.appending("keys"))
        for (name, bytes) in files {
            let file = try disk.fileSystem.open(place.appending(name), .create)
            try bytes.withUnsafeBytes { try file.write([$0], at: 0) }
            try file.syncData()
        }
        for directory in [place, place.appending("keys"), JournalFiles.directory] {
            try disk.fileSystem.syncDirectory(directory)
        }
        return disk
    }

    /// Whether a block's first batch stands in two segments.
    var hasCopies: Bool {
        var seen: Set<BatchEntry> = []
        for (_, bytes) in segments {
            var own: Set<BatchEntry> = []
            Blocks.all(bytes) { own.formUnion($0.entries.prefix(1)) }
            if !seen.isDisjoint(with: own) { return true }
            seen.formUnion(own)
        }
        return false
    }

    /// Every batch in a sound block or a sound key log record, at whatever byte it begins.
    func entries() -> Set<BatchEntry> {
        var entries: Set<BatchEntry> = []
        for (name, bytes) in files {
            if name.hasSuffix(".keys") {
                for start in bytes.indices {
                    for (entry, _) in JournalFiles.record(bytes[start...])?.batches ?? [] { entries.insert(entry) }
                }
            } else if name.contains(".json.gz") {
                Blocks.all(bytes) { entries.formUnion($0.entries) }
            }
        }
        return entries
    }

    private static func record(_ bytes: ArraySlice<UInt8>) -> KeyLogRecord? {
        guard bytes.count >= 20 else { return nil }
        let length = Int(number(bytes))
        guard length <= bytes.count - 8 else { return nil }
        let payload = Array(bytes.dropFirst(8).prefix(length))
        guard payload.withUnsafeBytes({ CRC32C.of($0) }) == number(bytes.dropFirst(4)) else { return nil }
        return KeyLogRecord(payload: payload)
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.prefix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func mendKeys(_ bytes: inout [UInt8]) {
        var start = 0
        while bytes.count - start >= 8 {
            let length = Int(number(bytes[start...]))
            guard length <= bytes.count - start - 8 else { return }
            let checksum = bytes[start + 8..<start + 8 + length].withUnsafeBytes { CRC32C.of($0) }
            for byte in 0..<4 { bytes[start + 4 + byte] = UInt8(truncatingIfNeeded: checksum >> (8 * UInt32(byte))) }
            start += 8 + length
        }
    }

    private static func mendSidecar(_ bytes: inout [UInt8]) {
        let json = bytes.dropLast(10)
        let digits = String(json.withUnsafeBytes { CRC32C.of($0) }, radix: 16)
        bytes = json + Array(" \(String(repeating: "0", count: 8 - digits.count))\(digits)\n".utf8)
    }
}

/// Blocks in bytes, found by nothing but trying.
enum Blocks {
    private static let magic: [UInt8] = [0x1F, 0x8B, 0x08, 0x04]

    private static func read(_ bytes: [UInt8], at start: Int) -> (header: BlockHeader, length: Int)? {
        guard bytes[start...].starts(with: magic) else { return nil }
        return bytes.withUnsafeBytes { all in
            (try? Block.read(UnsafeRawBufferPointer(rebasing: all[start...]))).map { ($0.header, $0.length) }
        }
    }

    /// At every byte.
    static func all(_ bytes: [UInt8], _ found: (BlockHeader) -> Void) {
        for start in bytes.indices {
            if let (header, _) = read(bytes, at: start) { found(header) }
        }
    }

    /// One after another from the beginning, each with its place; returns where they end.
    @discardableResult
    static func run(_ bytes: [UInt8], _ found: (BlockHeader, Range<Int>) -> Void) -> Int {
        var start = 0
        while start < bytes.count, let (header, length) = read(bytes, at: start) {
            found(header, start..<start + length)
            start += length
        }
        return start
    }

    /// Those that a file of the stream begins with, as the bytes that they are; none where one is another's.
    static func leading(_ bytes: [UInt8]) -> Set<[UInt8]> {
        var found: Set<[UInt8]> = []
        run(bytes) { _, place in found.insert(Array(bytes[place])) }
        return found
    }

    /// Makes the checksum of every block right whose lengths are.
    static func mend(_ bytes: inout [UInt8]) {
        var start = 0
        while start + 16 < bytes.count {
            let length = bytes[start...].withUnsafeBytes { (try? Block.length(at: $0)) ?? 0 }
            guard length > 0, length <= bytes.count - start else {
                start += 1
                continue
            }
            let end = start + 16 + Int(bytes[start + 14]) + Int(bytes[start + 15]) << 8
            var checksum = CRC32C()
            bytes[start + 16..<end - 4].withUnsafeBytes { checksum.update($0) }
            bytes[end..<start + length].withUnsafeBytes { checksum.update($0) }
            for byte in 0..<4 {
                bytes[end - 4 + byte] = UInt8(truncatingIfNeeded: checksum.value >> (8 * UInt32(byte)))
            }
            start += length
        }
    }
}
