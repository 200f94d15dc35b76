import Foundation
import Model
import Payload

/// A body of these bytes.
func body(_ bytes: some Sequence<UInt8>) -> BodyBuffer {
    let bytes = Array(bytes)
    let buffer = BodyBuffer(capacity: bytes.count)
    bytes.withUnsafeBytes { buffer.append($0) }
    return buffer
}

func body(_ text: String) -> BodyBuffer { body(text.utf8) }

/// Encodes one batch and takes its block apart again, as a reader of the landing zone would.
struct Encoding {
    static let gateway = GatewayName("local")!
    static let stream = StreamName("audit_logs")!
    static let receivedAt = Timestamp(microseconds: 1_795_440_900_123_456)

    var rules = StreamRules()
    var format = InputFormat.ndjson
    var key = "batch-1"

    /// Lenient rules: any JSON value is an event.
    static var anyValue: Encoding {
        var encoding = Encoding()
        encoding.rules.objectsOnly = false
        return encoding
    }

    var identity: BatchIdentity {
        BatchIdentity(producer: "p\"1", key: key, fingerprint: PayloadFingerprint(rawValue: 7))
    }

    func process(_ body: BodyBuffer) throws(PayloadError) -> ProcessedBatch {
        try BatchEncoder().encode(
            body, format: format, rules: rules, identity: identity, receivedAt: Encoding.receivedAt)
    }

    func process(_ text: String) throws(PayloadError) -> ProcessedBatch { try process(body(text)) }

    /// The verdict on a body with one event; `nil` when it is accepted.
    func verdict(_ text: String) throws -> RejectReason? { try verdict(body(text)) }

    func verdict(_ body: BodyBuffer) throws -> RejectReason? {
        let processed: ProcessedBatch
        do { processed = try process(body) } catch .malformedDocument(let reason, _) { return reason }
        precondition(processed.received == 1, "\(processed.received) events where one was meant")
        return processed.rejects.first?.reason
    }

    static func block(_ batches: [EncodedBatch]) -> [UInt8] {
        BlockBuilder(
            batches, gateway: gateway, incarnation: Incarnation(rawValue: 1), stream: stream, firstSequence: 0, chain: 0
        ).bytes()
    }

    /// The envelope lines of a batch, through a block and back.
    static func lines(_ batch: EncodedBatch) throws -> [String] {
        let bytes = block([batch])
        return try bytes.withUnsafeBytes { buffer in
            let text = try Block.read(buffer).decompressed()
            return withExtendedLifetime(text) {
                text.bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
            }
        }
    }

    func lines(_ text: String) throws -> [String] { try Encoding.lines(try process(text).batch) }

    /// What stands behind `"payload":`, byte for byte.
    func payloads(_ text: String) throws -> [String] { try lines(text).map(Encoding.payload) }

    static func payload(of line: String) -> String {
        guard let range = line.range(of: #","payload":"#) else { return "no payload: \(line)" }
        return String(line[range.upperBound...].dropLast())
    }

    /// The envelope's members, by a JSON parser that is not ours.
    static func members(_ line: String) throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
    }

    func eventKeys(_ text: String) throws -> [String] {
        try lines(text).map { try Encoding.members($0)["event_key"] as? String ?? "none" }
    }
}
