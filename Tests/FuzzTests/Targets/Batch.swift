import Foundation
import Glibc
import Model
import Payload

/// One body through the encoder, and taken apart again as a reader of the landing zone would.
struct Batch {
    private static let gateway = GatewayName("fuzz")!
    private static let stream = StreamName("fuzz")!
    static let now = Timestamp(microseconds: 1_767_225_600_000_000)
    static let identity = BatchIdentity(
        producer: "p\"1", key: "k", fingerprint: PayloadFingerprint(rawValue: 7))

    let processed: ProcessedBatch
    private let encoder: BatchEncoder

    init(_ processed: ProcessedBatch, _ encoder: BatchEncoder) {
        self.processed = processed
        self.encoder = encoder
    }

    /// `nil` when the body as a whole is refused.
    init?(_ body: BodyBuffer, _ format: InputFormat, _ rules: StreamRules, _ encoder: BatchEncoder) throws {
        self.encoder = encoder
        do throws(PayloadError) {
            processed = try encoder.encode(
                body, format: format, rules: rules, identity: Batch.identity, receivedAt: Batch.now)
        } catch {
            switch error {
            case .empty, .tooManyEvents: return nil
            case .malformedDocument:
                try hold(format != .ndjson, "lines were refused as a document")
                return nil
            case .malformedEncoding, .windowTooLarge, .decodedTooLarge, .expansionTooHigh:
                throw Breach(description: "splitting threw \(error)")
            }
        }
    }

    /// Counts, ranges and bounds fit together.
    func check(_ body: BodyBuffer, _ rules: StreamRules) throws {
        let entry = processed.batch.entry
        try hold((1...rules.maxEvents).contains(processed.received), "\(processed.received) events")
        try hold(Int(entry.accepted) + processed.rejects.count == processed.received, "events do not add up")
        try hold(
            entry.rejects.map(\.index) == processed.rejects.map { UInt32($0.index) }
                && entry.rejects.map(\.reason) == processed.rejects.map(\.reason),
            "the entry tells other rejects")
        var end = 0
        var index = -1
        for reject in processed.rejects {
            try hold(reject.index > index && reject.index < processed.received, "rejects out of order")
            try hold(
                reject.range.lowerBound >= end && !reject.range.isEmpty && reject.range.upperBound <= body.count,
                "a reject's bytes are not in the body")
            (end, index) = (reject.range.upperBound, reject.index)
        }
        let lines = try lines(of: processed.batch)
        try hold(lines.count == Int(entry.accepted), "\(lines.count) lines of \(entry.accepted) events")
        try areJSON(lines)
    }

    /// The events, as their lines carry them.
    func payloads() throws -> [[UInt8]] {
        try lines(of: processed.batch).map { line in
            guard let payload = Batch.part(of: line, after: #","payload":"#), payload.last == 0x7D else {
                throw Breach(description: "a line without payload")
            }
            return Array(payload.dropLast())
        }
    }

    /// The first event's line.
    func firstLine() throws -> ArraySlice<UInt8> { try lines(of: processed.batch).first ?? [] }

    /// Those of the events that were not rejected.
    func accepted<T>(of events: [T]) throws -> [T] {
        try hold(events.count == processed.received, "\(processed.received) events where there are \(events.count)")
        let rejected = Set(processed.rejects.map(\.index))
        return events.indices.filter { !rejected.contains($0) }.map { events[$0] }
    }

    /// Every reject has a quarantine line from which its bytes come back.
    func checkQuarantine(_ body: BodyBuffer, _ encoder: BatchEncoder) throws {
        guard !processed.rejects.isEmpty else { return }
        let batch = encoder.encodeQuarantine(
            processed, body: body, stream: Batch.stream, identity: Batch.identity, receivedAt: Batch.now)
        let lines = try lines(of: batch)
        try hold(lines.count == processed.rejects.count, "\(lines.count) quarantine lines")
        try areJSON(lines)
        let bytes = body.array
        for (line, reject) in zip(lines, processed.rejects) {
            try hold(Batch.raw(in: line) == Array(bytes[reject.range]), "the quarantine holds other bytes")
            try hold(
                Batch.part(of: line, after: #""reason":"\#(reject.reason.code)""#) != nil,
                "the quarantine gives another reason")
        }
    }

    /// The bytes that a quarantine line keeps. Not by Foundation, which would drop a byte order mark.
    private static func raw(in line: ArraySlice<UInt8>) -> [UInt8]? {
        if let encoded = part(of: line, after: #","raw_base64":""#) {
            return Data(base64Encoded: Data(encoded.dropLast(3))).map { Array($0) }
        }
        guard var rest = part(of: line, after: #","raw":""#)?.dropLast(3) else { return nil }
        var raw: [UInt8] = []
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                raw.append(byte)
                continue
            }
            let escape = rest.popFirst()
            if escape == UInt8(ascii: "u") {
                raw.append(UInt8(String(decoding: rest.prefix(4), as: UTF8.self), radix: 16) ?? 0xFF)
                rest = rest.dropFirst(4)
            } else {
                raw.append(escape ?? 0xFF)
            }
        }
        return raw
    }

    /// What follows the first place where the mark stands. Its quotes are none that stand within a string.
    private static func part(of line: ArraySlice<UInt8>, after mark: String) -> ArraySlice<UInt8>? {
        let mark = Array(mark.utf8)
        let offset = line.withUnsafeBytes { bytes in
            bytes.indices.dropLast(mark.count - 1).first {
                bytes[$0] == mark[0] && memcmp(bytes.baseAddress! + $0, mark, mark.count) == 0
            }
        }
        return offset.map { line[(line.startIndex + $0 + mark.count)...] }
    }

    private func lines(of batch: EncodedBatch) throws -> [ArraySlice<UInt8>] {
        let block = BlockBuilder(
            [batch], gateway: Batch.gateway, incarnation: Incarnation(rawValue: 1), stream: Batch.stream,
            firstSequence: 0, chain: 0
        ).bytes()
        let text = try block.withUnsafeBytes { try Block.read($0).decompressed().array }
        try hold(text.isEmpty || text.last == 0x0A, "the last line has no end")
        return text.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast()
    }

    /// Every line is JSON by the validator itself.
    private func areJSON(_ lines: [ArraySlice<UInt8>]) throws {
        guard !lines.isEmpty else { return }
        var rules = StreamRules()
        rules.maxDepth = 100
        rules.maxEvents = 20_000
        rules.maxEventBytes = 16 << 20
        let text = BodyBuffer.of(lines.joined(separator: [0x0A]))
        let batch = try Batch(text, .ndjson, rules, encoder)
        try hold(
            batch?.processed.received == lines.count && batch?.processed.rejects.isEmpty == true,
            "a line that is written is no JSON")
    }
}
