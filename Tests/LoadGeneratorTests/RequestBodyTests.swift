import CZlib
import Foundation
import Model
import Testing

@testable import LoadGenerator

@Suite struct RequestBodyTests {
    private static func configuration(_ limit: LoadConfiguration.Limit) -> LoadConfiguration {
        LoadConfiguration(host: "localhost", port: 80, stream: StreamName("audit_logs")!, limit: limit)
    }

    @Test("the bodies hold whole batches, and one last body what is left")
    func batches() throws {
        var configuration = RequestBodyTests.configuration(.events(1_250))
        configuration.batch = 500
        let bodies = try RequestBodies(configuration, now: Timestamp(microseconds: 0))
        #expect(bodies.whole.map(\.events) == [500, 500])
        #expect(bodies.last?.events == 250)
        for body in bodies.whole + [bodies.last!] {
            #expect(body.bytes.filter { $0 == UInt8(ascii: "\n") }.count == body.events)
            #expect(body.bytes.last == UInt8(ascii: "\n"))
        }
    }

    @Test("a gzip body is the identity body, compressed")
    func gzip() throws {
        let lines = ["{\"a\":1}", "{\"b\":2}"]
        let plain = try RequestBody(lines: lines, coding: .identity)
        let packed = try RequestBody(lines: lines, coding: .gzip)
        var stream = z_stream()
        #expect(inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK)
        defer { inflateEnd(&stream) }
        var input = packed.bytes
        var output = [UInt8](repeating: 0, count: 100)
        let code = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                return inflate(&stream, Z_FINISH)
            }
        }
        #expect(code == Z_STREAM_END)
        #expect(Array(output[..<Int(stream.total_out)]) == plain.bytes)
        #expect(packed.lineBytes == plain.bytes.count)
    }

    @Test("a file's lines are sent over and over, and an empty or missing file is named")
    func file() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("load-\(UUID()).ndjson").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data("{\"n\":1}\r\n\n{\"n\":2}\n{\"n\":3}".utf8).write(to: URL(fileURLWithPath: path))
        var lines = try EventLines(.file(path), now: Timestamp(microseconds: 0))
        #expect(lines.take(2) == ["{\"n\":1}", "{\"n\":2}"])
        #expect(lines.take(3) == ["{\"n\":3}", "{\"n\":1}", "{\"n\":2}"])
        try Data("\n\n".utf8).write(to: URL(fileURLWithPath: path))
        #expect(throws: LoadError.noEvents(path: path)) { try EventLines(.file(path), now: Timestamp(microseconds: 0)) }
        #expect(throws: LoadError.unreadable(path: path + "-", errno: ENOENT)) {
            try EventLines(.file(path + "-"), now: Timestamp(microseconds: 0))
        }
    }

    @Test("a head carries the body's length, and a key that changes")
    func head() throws {
        let body = try RequestBody(lines: ["{}"], coding: .identity)
        var head = RequestHead(RequestBodyTests.configuration(.events(1)), body, run: "r-0")
        head.setKey(0x1f)
        let text = String(decoding: head.bytes, as: UTF8.self)
        #expect(text.hasPrefix("POST /v1/streams/audit_logs/events HTTP/1.1\r\n"))
        #expect(text.contains("\r\nContent-Length: 3\r\n"))
        #expect(text.hasSuffix("\r\nIdempotency-Key: \"r-0-000000000000001f\"\r\n\r\n"))
    }
}
