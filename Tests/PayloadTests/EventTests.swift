import Foundation
import Model
import Payload
import Testing

@Suite struct EventTests {
    @Test("numbers keep their digits, members their order, text its bytes")
    func verbatim() throws {
        let texts = [
            #"{"z":1.10,"a":-0,"n":1E+2,"big":9007199254740993,"u":"\u00e9\/é"}"#, #"{ "b" : [ 1 , 2 ] , "a":{} }"#,
            #"{"f":0.1000000000000000055511151231257827}"#,
        ]
        #expect(try Encoding().payloads(texts.joined(separator: "\n")) == texts)
        var array = Encoding()
        array.format = .json
        #expect(try array.payloads("[" + texts.joined(separator: " , ") + "]") == texts)
    }

    @Test("the envelope names batch, index, size, producer and arrival")
    func envelope() throws {
        let lines = try Encoding().lines("{\"a\":1}\n{\"a\":2}\n")
        #expect(lines.count == 2)
        let second = try Encoding.members(lines[1])
        #expect(second["event_key"] as? String == "batch-1:1")
        #expect(second["batch_key"] as? String == "batch-1")
        #expect(second["batch_index"] as? Int == 1)
        #expect(second["batch_size"] as? Int == 2)
        #expect(second["producer"] as? String == "p\"1")
        #expect(second["received_at"] as? String == Encoding.receivedAt.description)
        #expect(lines[1].hasSuffix(#","payload":{"a":2}}"#))
    }

    @Test("a pretty-printed array becomes one line per event, its payload otherwise verbatim")
    func prettyPrinted() throws {
        var encoding = Encoding()
        encoding.format = .json
        let text = "[\r\n  {\r\n    \"a\": 1.0,\n    \"b\": \"x\\n y\"\n  },\n\n  {\"c\": []}\n]\n"
        #expect(try encoding.payloads(text) == [#"{      "a": 1.0,     "b": "x\n y"   }"#, #"{"c": []}"#])
    }

    @Test("one object is one event; brackets and commas in strings are no borders")
    func borders() throws {
        var encoding = Encoding()
        encoding.format = .json
        #expect(try encoding.payloads(" {\"a\":[1,2]} ") == [#"{"a":[1,2]}"#])
        let tricky = #"{"a":"],{\"\\"}"#
        #expect(try encoding.payloads("[\(tricky),\(tricky)]") == [tricky, tricky])
        encoding.rules.objectsOnly = false
        #expect(try encoding.payloads(#"[1, "a,]" ,null,[[]] , true]"#) == ["1", #""a,]""#, "null", "[[]]", "true"])
    }

    @Test("blank lines and carriage returns are passed over; a last line needs no newline")
    func blankLines() throws {
        #expect(try Encoding().payloads("\n\r\n{\"a\":1}\r\n  \t\n {\"b\":2} ") == [#"{"a":1}"#, #"{"b":2}"#])
    }

    @Test("event keys: a string's content, an integer's digits, else derived")
    func eventKeys() throws {
        var encoding = Encoding()
        #expect(try encoding.eventKeys("{}\n{}") == ["batch-1:0", "batch-1:1"])
        encoding.rules.eventID = "/id"
        let text = [
            #"{"id":"plain"}"#, #"{"id":"\u0061\"\\\n\u0001é😀"}"#, #"{"id":18446744073709551615}"#, #"{"id":-7}"#,
        ].joined(separator: "\n")
        #expect(try encoding.eventKeys(text) == ["plain", "a\"\\\n\u{1}é😀", "18446744073709551615", "-7"])
        encoding.rules.eventID = "/a~1b/m~0n/1"
        #expect(try encoding.eventKeys(#"{"a/b":{"m~n":["x","y"]}}"#) == ["y"])
    }

    @Test("a numeric key keeps its digits, minus zero too, wherever it stands")
    func numericKeys() throws {
        let texts = [
            #"{"id":-0}"#, #"{"id":0}"#, #"{"a":-0,"id":0}"#, #"{"s":"\"-0","id" : -0 ,"z":[-0.0,-0e1,10]}"#,
            #"{"\u0069d":-0}"#, #"{"id":-0,"id":0}"#, #"{"id":9223372036854775808}"#, #"{"id":-9223372036854775808}"#,
        ]
        let keys = ["-0", "0", "0", "-0", "-0", "-0", "9223372036854775808", "-9223372036854775808"]
        var encoding = Encoding()
        encoding.rules.eventID = "/id"
        #expect(try encoding.eventKeys(texts.joined(separator: "\n")) == keys)
        encoding.format = .json
        #expect(try encoding.eventKeys("[ " + texts.joined(separator: " ,\n") + " ]") == keys)
        for wrong in ["-0.0", "0.0", "1e3", "-0e0", "1.0", "true", "[]", "{}", "\"\""] {
            #expect(try encoding.verdict(#"{"id":\#(wrong)}"#) == .invalidKey, "\(wrong)")
        }
    }

    @Test("minus zero is told apart as deep as an event may nest")
    func deepMinusZero() throws {
        var encoding = Encoding()
        encoding.rules.eventID = "/id"
        for format in [InputFormat.ndjson, .json] {
            encoding.format = format
            let depth = encoding.rules.maxDepth - 1
            let nest = String(repeating: "[", count: depth) + "1" + String(repeating: "]", count: depth)
            #expect(try encoding.eventKeys(#"{"a":\#(nest),"id":-0}"#) == ["-0"])
        }
    }

    @Test("a batch key is escaped in every line")
    func batchKeyEscaped() throws {
        var encoding = Encoding()
        encoding.key = "a\"b\\c"
        let members = try Encoding.members(try encoding.lines("{}")[0])
        #expect(members["batch_key"] as? String == "a\"b\\c")
        #expect(members["event_key"] as? String == "a\"b\\c:0")
    }

    @Test("event times: RFC 3339, seconds, milliseconds; the range is in the batch")
    func eventTimes() throws {
        var encoding = Encoding()
        encoding.rules.eventTime = "/t"
        let processed = try encoding.process(
            """
            {"t":"2023-07-10T11:42:36Z"}
            {"t":"2023-07-10T13:42:36.5+02:00"}
            {"t":1688989355}
            {"t":1688989358250}
            """)
        #expect(processed.rejects.isEmpty)
        let times = try #require(processed.batch.eventTimes)
        #expect(times.lowerBound.microseconds == 1_688_989_355_000_000)
        #expect(times.upperBound.microseconds == 1_688_989_358_250_000)
        for wrong in [#""yesterday""#, #""2023-13-01T00:00:00Z""#, #""2023-02-29T00:00:00Z""#, "true", "{}", "1e30"] {
            #expect(try encoding.verdict(#"{"t":\#(wrong)}"#) == .wrongType, "\(wrong)")
        }
    }

    @Test("a malformed line in the middle is refused alone")
    func malformedMiddle() throws {
        let text = "{\"a\":1}\n{\"a\":\n{\"a\":3}\n"
        let processed = try Encoding().process(text)
        #expect(processed.received == 3 && processed.rejects.count == 1)
        let reject = try #require(processed.rejects.first)
        #expect(reject.index == 1 && reject.reason == .malformedJSON)
        #expect(String(decoding: Array(text.utf8)[reject.range], as: UTF8.self) == "{\"a\":")
        #expect(processed.batch.entry.accepted == 2)
        #expect(processed.batch.entry.rejects == [.init(index: 1, reason: .malformedJSON)])
        let indexes = try Encoding.lines(processed.batch).map { try Encoding.members($0)["batch_index"] as? Int }
        #expect(indexes == [0, 2])
    }

    @Test("a document that is malformed in the middle is refused whole")
    func malformedDocument() {
        var encoding = Encoding()
        encoding.format = .json
        #expect(throws: PayloadError.self) { try encoding.process(#"[{"a":1},{"a":},{"a":3}]"#) }
    }

    @Test("bodies without events are refused as empty")
    func empty() {
        for (format, text) in [
            (InputFormat.ndjson, ""), (.ndjson, "\n \r\n"), (.json, " \n"), (.json, "[]"), (.json, " [ ] "),
            (.cloudEventsBatch, "[]"), (.cloudEvent, ""),
        ] {
            var encoding = Encoding()
            encoding.format = format
            #expect(throws: PayloadError.empty, "\(format) \(text)") { try encoding.process(text) }
        }
    }

    @Test("duplicate members are found at any depth, also when one is written with escapes")
    func duplicates() throws {
        var encoding = Encoding()
        let texts = [
            #"{"a":1,"a":1}"#, #"{"x":[{"y":{"a":1,"b":2,"a":3}}]}"#, #"{"\u0061":1,"a":2}"#, #"{"":1,"":2}"#,
        ]
        for text in texts { #expect(try encoding.verdict(text) == nil, "unchecked: \(text)") }
        encoding.rules.checkDuplicateMembers = true
        for text in texts { #expect(try encoding.verdict(text) == .duplicateMember, "\(text)") }
        for text in [#"{"a":{"a":1},"b":[{"a":1},{"a":2}]}"#, #"{"a":1,"A":2,"a ":3}"#] {
            #expect(try encoding.verdict(text) == nil, "\(text)")
        }
        encoding.format = .json
        #expect(try encoding.verdict(#"[{"k":{"a":1,"\u0061":1}}]"#) == .duplicateMember)
    }

    @Test("100,000 open brackets are refused both ways")
    func deepest() throws {
        let text = String(repeating: "[", count: 100_000)
        #expect(try Encoding.anyValue.verdict(text) != nil)
        var document = Encoding.anyValue
        document.format = .json
        #expect(try document.verdict(text) != nil)
        let closed = text + String(repeating: "]", count: 100_000)
        #expect(try Encoding.anyValue.verdict(closed) == .tooDeep)
        #expect(try document.verdict(closed) == .tooDeep)
    }
}
