import Model
import Testing

@testable import Edge

@Suite("Header fields") struct FieldsTests {
    @Test("keys that are taken, quoted and bare")
    func keys() {
        #expect(IdempotencyKey.parse("\"8e03978e-40d5\"") == "8e03978e-40d5")
        #expect(IdempotencyKey.parse("\"a \\\"b\\\\\"") == "a \"b\\")
        #expect(IdempotencyKey.parse("Az09._:~+/=-") == "Az09._:~+/=-")
        let longest = String(repeating: "k", count: 255)
        #expect(IdempotencyKey.parse(longest) == longest)
        #expect(IdempotencyKey.parse("\"\(longest)\"") == longest)
    }

    @Test(
        "keys that are refused",
        arguments: [
            "", "\"\"", "\"", "\"a", "a\"", "\"a\"b", "\"a\";p=1", "a b", "a,b", "\"a\\n\"", "\"a\\", "\"\u{7f}\"",
            "\"é\"", "é",
            "\"a\tb\"", String(repeating: "k", count: 256), "\"" + String(repeating: "k", count: 256) + "\"",
        ])
    func badKeys(value: String) { #expect(IdempotencyKey.parse(value) == nil) }

    @Test("media types, with parameters")
    func types() {
        #expect(MediaType.format("application/x-ndjson") == .ndjson)
        #expect(MediaType.format("application/ndjson") == .ndjson)
        #expect(MediaType.format("Application/JSONL") == .ndjson)
        #expect(MediaType.format("application/x-jsonlines; charset=utf-8") == .ndjson)
        #expect(MediaType.format("application/json ; Charset=\"UTF-8\"; profile=x") == .json)
        #expect(MediaType.format("application/cloudevents-batch+json") == .cloudEventsBatch)
        #expect(MediaType.format("application/cloudevents+json;v=1") == .cloudEvent)
        for bad in ["", "application/json; charset=utf-16", "text/json", "application/jsonx", "json", ";charset=utf-8"]
        {
            #expect(MediaType.format(bad) == nil)
        }
    }

    @Test("content codings, one level")
    func codings() {
        #expect(MediaType.coding("gzip") == .gzip)
        #expect(MediaType.coding("X-GZIP") == .gzip)
        #expect(MediaType.coding("zstd") == .zstd)
        #expect(MediaType.coding("identity") == .identity)
        for bad in ["", "br", "gzip, gzip", "gzip,", "deflate"] { #expect(MediaType.coding(bad) == nil) }
    }

    @Test("trace parents")
    func traces() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        #expect(TraceParent(good)?.traceID == "4bf92f3577b34da6a3ce929d0e0e4736")
        for bad in [
            "", good + "0", good.uppercased(), "01" + good.dropFirst(2),
            "00-" + String(repeating: "0", count: 32) + good.dropFirst(35),
            good.replacing("-00f067aa0ba902b7-", with: "-0000000000000000-"), good.replacing("a6a3", with: "a\r\n3"),
        ] {
            #expect(TraceParent(bad) == nil)
        }
    }

    @Test("dates are IMF-fixdate")
    func dates() {
        #expect(HTTPDate.text(Timestamp(microseconds: 784_111_777_000_000)) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(HTTPDate.text(Timestamp(microseconds: 951_782_400_000_000)) == "Tue, 29 Feb 2000 00:00:00 GMT")
    }
}
