import Model
import Payload
import Testing

@Suite struct LimitTests {
    private let formats: [InputFormat] = [.ndjson, .json]

    private func encoding(_ format: InputFormat, _ change: (inout StreamRules) -> Void) -> Encoding {
        var encoding = Encoding()
        encoding.format = format
        change(&encoding.rules)
        return encoding
    }

    /// An object nested `depth` deep, alternating with arrays.
    private func nested(_ depth: Int) -> String {
        (1..<depth).reduce("{}") { text, level in level % 2 == 1 && level < depth - 1 ? "[\(text)]" : "{\"a\":\(text)}"
        }
    }

    @Test("bytes of an event, at the limit and beyond")
    func eventBytes() throws {
        for format in formats {
            let limited = encoding(format) { $0.maxEventBytes = 100 }
            func event(_ bytes: Int) -> String { #"{"a":"\#(String(repeating: "x", count: bytes - 8))"}"# }
            #expect(event(100).utf8.count == 100)
            #expect(try limited.verdict(event(100)) == nil)
            #expect(try limited.verdict(event(101)) == .tooLarge)
            #expect(try limited.verdict("   \(event(100))   ") == nil, "white space around is not the event's")
            if format == .json { #expect(try limited.verdict("[ \(event(101)) ]") == .tooLarge) }
        }
    }

    @Test("nesting, at the limit and beyond", arguments: [1, 2, 3, 64, 1000])
    func depth(_ limit: Int) throws {
        for format in formats {
            let limited = encoding(format) { $0.maxDepth = limit }
            #expect(try limited.verdict(nested(limit)) == nil, "\(format)")
            #expect(try limited.verdict(nested(limit + 1)) == .tooDeep, "\(format)")
        }
        let limited = encoding(.json) { $0.maxDepth = limit }
        #expect(try limited.verdict("[\(nested(limit))]") == nil)
        #expect(try limited.verdict("[\(nested(limit + 1))]") == .tooDeep)
    }

    @Test("a deep event is not a deep batch: the others are taken")
    func deepAmongOthers() throws {
        for format in formats {
            let limited = encoding(format) { $0.maxDepth = 3 }
            let events = [nested(3), nested(40), nested(1)]
            let text = format == .json ? "[\(events.joined(separator: ","))]" : events.joined(separator: "\n")
            #expect(try limited.process(text).rejects.map(\.index) == [1])
        }
    }

    @Test("events of a batch, at the limit and beyond")
    func events() throws {
        for format in formats {
            let limited = encoding(format) { $0.maxEvents = 5 }
            func batch(_ count: Int) -> String {
                let events = Array(repeating: "{}", count: count)
                return format == .json ? "[\(events.joined(separator: ","))]" : events.joined(separator: "\n")
            }
            #expect(try limited.process(batch(5)).received == 5)
            #expect(throws: PayloadError.tooManyEvents(limit: 5)) { try limited.process(batch(6)) }
            #expect(throws: PayloadError.tooManyEvents(limit: 5)) { try limited.process(batch(60)) }
        }
    }

    @Test("a block's header has room for the most rejects a batch can have")
    func allRejected() throws {
        let limited = encoding(.ndjson) { $0.maxEvents = 20_000 }
        let processed = try limited.process(String(repeating: "x\n", count: 20_000))
        #expect(processed.rejects.count == 20_000)
        let bytes = Encoding.block([processed.batch])
        let entries = try bytes.withUnsafeBytes { try Block.read($0).header.entries }
        #expect(entries == [processed.batch.entry])
    }

    @Test("bytes of an event key, at the limit and beyond, before escaping")
    func keyBytes() throws {
        let limited = encoding(.ndjson) {
            $0.eventID = "/id"
            $0.maxEventKeyBytes = 16
        }
        for character in ["k", #"\n"#, #"\u0001"#] {
            func event(_ count: Int) -> String { #"{"id":"\#(String(repeating: character, count: count))"}"# }
            #expect(try limited.verdict(event(16)) == nil)
            #expect(try limited.verdict(event(17)) == .invalidKey)
        }
        #expect(try limited.verdict(#"{"id":1234567890123456}"#) == nil)
        #expect(try limited.verdict(#"{"id":12345678901234567}"#) == .invalidKey)
    }

    @Test("decoded bytes, at the limit and beyond")
    func decodedBytes() throws {
        var rules = StreamRules()
        rules.maxDecodedBytes = 1000
        for coding in ContentCoding.allCases {
            let fitting = try Compression.encode([UInt8](repeating: 32, count: 1000), coding)
            #expect(try Decoder.decode(body(fitting), coding: coding, rules: rules).count == 1000)
            let over = try Compression.encode([UInt8](repeating: 32, count: 1001), coding)
            #expect(throws: PayloadError.decodedTooLarge(limit: 1000), "\(coding)") {
                try Decoder.decode(body(over), coding: coding, rules: rules)
            }
        }
    }
}
