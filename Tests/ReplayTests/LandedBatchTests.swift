import Model
import Payload
import Replay
import Testing

@Suite struct LandedBatchTests {
    /// What the gateway makes of a body, as a block, and that block's batches as they would be sent again.
    private func batches(
        _ body: String, _ format: InputFormat = .ndjson, key: String? = "k", producer: String = "anonymous",
        _ change: (inout StreamRules) -> Void = { _ in }
    ) throws -> [LandedBatch] {
        var rules = StreamRules()
        change(&rules)
        let buffer = BodyBuffer(capacity: body.utf8.count)
        var text = body
        text.withUTF8 { buffer.append(UnsafeRawBufferPointer($0)) }
        let stream = StreamName("logs")!
        let identity = BatchIdentity(stream: stream, producer: producer, idempotencyKey: key, body: buffer)
        let processed = try BatchEncoder().encode(
            buffer, format: format, rules: rules, identity: identity,
            receivedAt: Timestamp(microseconds: 1_767_225_600_000_000))
        let bytes = BlockBuilder.keyedObject(
            processed.batch, gateway: GatewayName("a")!, incarnation: Incarnation(rawValue: 1), stream: stream)
        return try bytes.withUnsafeBytes { try LandedBatch.batches(in: Block.read($0)) }
    }

    private func text(_ batch: LandedBatch) -> String { String(decoding: batch.body, as: UTF8.self) }

    @Test("events come back byte by byte, with key, producer and time")
    func verbatim() throws {
        let lines = [#"{"id": 1.50e3,"a":"\u00e9\"}"}"#, #"{"payload":{"b":[1,2]}}"#]
        let found = try batches(lines.joined(separator: "\n"), key: #"a "b" \c"#, producer: "team-é")
        let batch = try #require(found.first)
        #expect(found.count == 1 && text(batch) == lines.joined(separator: "\n") + "\n")
        #expect(batch.key == #"a "b" \c"# && batch.producer == "team-é" && batch.stream.rawValue == "logs")
        #expect(batch.contentType == "application/x-ndjson" && batch.events == 2 && batch.placeholders == 0)
        #expect(batch.receivedAt == Timestamp(microseconds: 1_767_225_600_000_000))
    }

    @Test("a JSON array comes back as lines; a derived batch key stays what it was")
    func array() throws {
        let batch = try #require(try batches("[{\"a\":1},\n {\"b\":\n2}]", .json, key: nil).first)
        #expect(text(batch) == "{\"a\":1}\n{\"b\": 2}\n")
        #expect(batch.key.count == 64)
    }

    @Test("where keys are derived, refused events keep their place: all keys come out as they were")
    func placeholders() throws {
        let body = "bad\n{\"a\":1}\nworse\nworst\n{\"b\":2}\nlast bad\n"
        let batch = try #require(try batches(body).first)
        #expect(batch.events == 2 && batch.placeholders == 3)
        // Sent again, the events have the same keys, and the placeholders are refused as the bad ones were.
        let again = try #require(try batches(text(batch)).first)
        #expect(again.body == batch.body && again.events == 2)
    }

    @Test("events with ids of their own need no placeholders")
    func ownKeys() throws {
        let batch = try #require(
            try batches("bad\n{\"id\":\"x\"}\n{\"id\":\"y\"}\n") { $0.eventID = "/id" }.first)
        #expect(batch.placeholders == 0 && text(batch) == "{\"id\":\"x\"}\n{\"id\":\"y\"}\n")
    }

    @Test("CloudEvents go as CloudEvents, since their keys are made of source and id")
    func cloudEvents() throws {
        func event(_ id: String) -> String {
            "{\"specversion\":\"1.0\",\"id\":\"\(id)\",\"source\":\"/s\",\"type\":\"t\"}"
        }
        let body = "[\(event("1")), \(event("2"))]"
        let batch = try #require(try batches(body, .cloudEventsBatch).first)
        #expect(batch.contentType == "application/cloudevents-batch+json")
        #expect(text(batch) == "[\(event("1")),\(event("2"))]")
        // With an id of the stream's own, NDJSON gives the same keys.
        let own = try #require(try batches(body, .cloudEventsBatch) { $0.eventID = "/id" }.first)
        #expect(own.contentType == "application/x-ndjson")
    }
}
