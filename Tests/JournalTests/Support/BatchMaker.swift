import Model
import Payload

/// A batch as the gateway makes it, and the lines that it must come back as.
struct MadeBatch {
    var batch: EncodedBatch
    var lines: [String]
    var digest: BatchDigest { batch.entry.digest }
}

/// Makes batches with the encoder that production uses; every event is unique.
struct BatchMaker {
    private let encoder = BatchEncoder()
    private var number = 0

    /// - Parameters:
    ///   - accepted: events that are accepted, of about `padding` bytes each.
    ///   - rejected: events that are not JSON, spread among the others.
    mutating func make(
        accepted: Int, rejected: Int = 0, padding: Int = 20, at time: Timestamp = Names.start
    ) throws -> MadeBatch {
        number += 1
        var body = ""
        for index in 0..<max(accepted, rejected) {
            if index < rejected { body += "{broken\n" }
            if index < accepted {
                body +=
                    #"{"batch":\#(number),"event":\#(index),"text":"\#(noise(padding, number &* 31 &+ index))"}"# + "\n"
            }
        }
        let buffer = BodyBuffer(capacity: body.utf8.count)
        body.withUTF8 { buffer.append(UnsafeRawBufferPointer($0)) }
        let processed = try encoder.encode(
            buffer, format: .ndjson, rules: StreamRules(),
            identity: BatchIdentity(
                producer: "tests", key: "batch-\(number)", fingerprint: PayloadFingerprint(rawValue: UInt64(number))),
            receivedAt: time)
        let lines = try BatchMaker.lines(of: processed.batch)
        precondition(lines.count == accepted && processed.rejects.count == rejected)
        return MadeBatch(batch: processed.batch, lines: lines)
    }

    /// Text that hardly compresses, so that blocks span sectors of the simulated disk.
    private func noise(_ count: Int, _ seed: Int) -> String {
        var state = UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9_7F4A_7C15 | 1
        let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_".utf8)
        return String(
            decoding: (0..<count).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return letters[Int(state >> 58)]
            }, as: UTF8.self)
    }

    /// What is in the batch, read back from a block of its own.
    static func lines(of batch: EncodedBatch) throws -> [String] {
        let bytes = BlockBuilder(
            [batch], gateway: Names.gateway, incarnation: Incarnation(rawValue: 1), stream: Names.stream,
            firstSequence: 0, chain: 0
        ).bytes()
        return try bytes.withUnsafeBytes { try Block.read($0).lines() }
    }
}

extension Block {
    func lines() throws -> [String] {
        let text = try decompressed()
        return text.bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    }
}
