import Foundation
import Model
import Payload
import Testing

@Suite struct QuarantineTests {
    /// The payloads of the quarantine lines, by a JSON parser that is not ours.
    private func quarantine(_ bytes: [UInt8]) throws -> [[String: Any]] {
        let encoding = Encoding()
        let encoder = BatchEncoder()
        let body = body(bytes)
        let processed = try encoder.encode(
            body, format: .ndjson, rules: encoding.rules, identity: encoding.identity, receivedAt: Encoding.receivedAt)
        let batch = encoder.encodeQuarantine(
            processed, body: body, stream: Encoding.stream, identity: encoding.identity,
            receivedAt: Encoding.receivedAt)
        #expect(Int(batch.entry.accepted) == processed.rejects.count && batch.entry.rejects.isEmpty)
        return try Encoding.lines(batch).map { line in
            let members = try Encoding.members(line)
            #expect(members["batch_key"] as? String == "batch-1" && members["batch_size"] as? Int == processed.received)
            return members["payload"] as? [String: Any] ?? [:]
        }
    }

    @Test("text is kept as text, with its reason, detail and index")
    func text() throws {
        let raw = "{\"a\":\"\\x\u{1}é"
        let lines = try quarantine(Array("{}\n\(raw)\n[1]\n".utf8))
        #expect(lines.map { $0["raw"] as? String } == [raw, "[1]"])
        #expect(lines.map { $0["reason"] as? String } == ["malformed_json", "not_an_object"])
        #expect(lines.map { $0["index"] as? Int } == [1, 2])
        #expect(lines.allSatisfy { $0["stream"] as? String == "audit_logs" && $0["detail"] is String })
    }

    @Test("what is no UTF-8 is kept as base64")
    func base64() throws {
        let raw: [UInt8] = [0x7B, 0xFF, 0x00, 0x7D]
        let line = try #require(try quarantine(raw).first)
        #expect(line["raw"] == nil && line["reason"] as? String == "invalid_utf8")
        #expect(Data(base64Encoded: line["raw_base64"] as? String ?? "") == Data(raw))
    }

    @Test("text that escaping would make too long for a line is kept as base64")
    func longEscaped() throws {
        let raw = [UInt8](repeating: 1, count: 3 << 20)
        let line = try #require(try quarantine(raw).first)
        #expect(Data(base64Encoded: line["raw_base64"] as? String ?? "") == Data(raw))
    }

    @Test("another body under the same key is another quarantine batch")
    func ownKey() throws {
        let encoder = BatchEncoder()
        func digest(_ text: String, stream: String) throws -> BatchDigest {
            let body = body(text)
            let identity = BatchIdentity(stream: Encoding.stream, producer: "p", idempotencyKey: "k", body: body)
            let processed = try encoder.encode(
                body, format: .ndjson, rules: StreamRules(), identity: identity, receivedAt: Encoding.receivedAt)
            return encoder.encodeQuarantine(
                processed, body: body, stream: StreamName(stream)!, identity: identity,
                receivedAt: Encoding.receivedAt
            ).entry.digest
        }
        #expect(try digest("x", stream: "a") == digest("x", stream: "a"))
        #expect(try digest("x", stream: "a") != digest("y", stream: "a"))
        #expect(try digest("x", stream: "a") != digest("x", stream: "b"))
    }
}
