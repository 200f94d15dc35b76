import Model
import Payload
import Testing

@Suite struct CloudEventTests {
    private func encoding(_ format: InputFormat) -> Encoding {
        var encoding = Encoding()
        encoding.format = format
        return encoding
    }

    private func event(_ id: String = #""1""#, source: String = #""/s""#, version: String = #""1.0""#) -> String {
        #"{"specversion":\#(version),"id":\#(id),"source":\#(source),"type":"t","data":{"a":1.0}}"#
    }

    @Test("a batch is an array; each event's key is source and id")
    func batch() throws {
        let text = "[\(event()),\n\(event(#""2\"""#, source: #""/é""#))]"
        #expect(try encoding(.cloudEventsBatch).eventKeys(text) == ["/s#1", "/é#2\""])
        #expect(try encoding(.cloudEventsBatch).payloads(text)[0] == event())
    }

    @Test("a single event is one object")
    func single() throws {
        #expect(try encoding(.cloudEvent).eventKeys(event()) == ["/s#1"])
        #expect(try encoding(.cloudEvent).verdict("[\(event())]") == .notAnObject)
    }

    @Test("a batch that is no array is refused whole")
    func notAnArray() {
        #expect(throws: PayloadError.malformedDocument(.wrongType, detail: "a CloudEvents batch must be a JSON array"))
        {
            try encoding(.cloudEventsBatch).process(event())
        }
    }

    @Test("the stream's own event id goes before source and id")
    func ownID() throws {
        var own = encoding(.cloudEvent)
        own.rules.eventID = "/data/a"
        own.rules.maxEventKeyBytes = 16
        #expect(try own.verdict(event()) == .invalidKey)
        own.rules.eventID = "/type"
        #expect(try own.eventKeys(event()) == ["t"])
    }

    @Test("the required attributes are required")
    func attributes() throws {
        for format in [InputFormat.cloudEvent, .cloudEventsBatch] {
            func verdict(_ text: String) throws -> RejectReason? {
                try encoding(format).verdict(format == .cloudEvent ? text : "[\(text)]")
            }
            #expect(try verdict(event()) == nil)
            #expect(try verdict("{}") == .missingMember)
            #expect(try verdict(event("null")) == .nullMember)
            #expect(try verdict(event("7")) == .wrongType)
            #expect(try verdict(event(#""""#)) == .wrongType)
            #expect(try verdict(event(version: #""0.3""#)) == .wrongType)
            #expect(try verdict("1") == .notAnObject)
        }
    }

    @Test("source and id together are held to the limit of a key")
    func keyLimit() throws {
        var limited = encoding(.cloudEvent)
        limited.rules.maxEventKeyBytes = 16
        func sized(_ count: Int) -> String { event(#""\#(String(repeating: "i", count: count - 3))""#) }
        #expect(try limited.verdict(sized(16)) == nil)
        #expect(try limited.verdict(sized(17)) == .invalidKey)
    }
}
