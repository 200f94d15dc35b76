import Edge
import Testing

@Suite("Request smuggling") struct FramingTests {
    private static let head = "POST /v1/streams/a/events HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"

    static let refused: [(name: String, request: String)] = [
        ("length and chunked", head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("chunked and length", head + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
        ("two lengths", head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
        ("two equal lengths", head + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"),
        ("a list of lengths", head + "Content-Length: 2, 2\r\n\r\n{}"),
        ("a signed length", head + "Content-Length: +2\r\n\r\n{}"),
        ("a negative length", head + "Content-Length: -2\r\n\r\n{}"),
        ("a hexadecimal length", head + "Content-Length: 0x2\r\n\r\n{}"),
        ("a fractional length", head + "Content-Length: 2.0\r\n\r\n{}"),
        ("an empty length", head + "Content-Length: \r\n\r\n{}"),
        ("an overflowing length", head + "Content-Length: 18446744073709551618\r\n\r\n{}"),
        ("a length beyond Int64", head + "Content-Length: 9999999999999999999\r\n\r\n{}"),
        ("an unknown coding", head + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
        ("gzip as transfer coding", head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        ("chunked twice", head + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
        ("chunked not last", head + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
        ("two coding fields", head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("a hidden coding", head + "Transfer-Encoding: \u{b}chunked\r\n\r\n0\r\n\r\n"),
        ("chunked in HTTP/1.0", "POST /v1/streams/a/events HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("bare LF after a field", head + "X: 1\nContent-Length: 2\r\n\r\n{}"),
        ("bare LF ends the head", "GET / HTTP/1.1\r\nHost: a\r\n\n"),
        ("bare CR in a value", head + "X: a\rb\r\nContent-Length: 2\r\n\r\n{}"),
        ("bare CR as a line end", head + "X: a\rContent-Length: 2\r\n\r\n{}"),
        ("obs-fold", head + "X: a\r\n b\r\nContent-Length: 2\r\n\r\n{}"),
        ("a folded first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
        ("a blank before the colon", head + "Content-Length : 2\r\n\r\n{}"),
        ("a blank in a name", head + "X Y: 2\r\nContent-Length: 2\r\n\r\n{}"),
        ("an empty name", head + ": 2\r\nContent-Length: 2\r\n\r\n{}"),
        ("a NUL in a value", head + "X: a\0b\r\nContent-Length: 2\r\n\r\n{}"),
        ("a line without colon", head + "XY\r\nContent-Length: 2\r\n\r\n{}"),
        ("a chunk size overflow", head + "Transfer-Encoding: chunked\r\n\r\n10000000000000002\r\n{}\r\n0\r\n\r\n"),
        ("a signed chunk size", head + "Transfer-Encoding: chunked\r\n\r\n+2\r\n{}\r\n0\r\n\r\n"),
        ("a prefixed chunk size", head + "Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n"),
        ("a chunk longer than its size", head + "Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n"),
        ("bare LF after a chunk size", head + "Transfer-Encoding: chunked\r\n\r\n2\n{}\r\n0\r\n\r\n"),
        ("bare LF after a chunk", head + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\n0\r\n\r\n"),
        ("no host", "GET / HTTP/1.1\r\n\r\n"),
        ("two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        ("an odd host", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
        ("an empty host", "GET / HTTP/1.1\r\nHost: \r\n\r\n"),
        ("two keys", head + "Content-Length: 2\r\nIdempotency-Key: a\r\nIdempotency-Key: b\r\n\r\n{}"),
        ("an unknown protocol", "GET / FTP/1.1\r\nHost: a\r\n\r\n"),
        ("no method", "/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("TLS by mistake", "\u{16}\u{3}\u{1}\0\u{5}hello\r\n\r\n"),
    ]

    @Test("an ambiguous request is 400, and nothing after it is read as a request", arguments: refused)
    func smuggling(name: String, request: String) async throws {
        try await withServer { server, intake in
            let client = WireClient(port: server.port, timeout: 2)
            client.send(request + "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = try #require(client.answer())
            #expect(answer.status == 400)
            #expect(answer.isClosing)
            #expect(answer.body.contains("urn:sluice:problem:malformed-request"))
            #expect(client.closes())
            #expect(intake.requests.isEmpty)
            #expect(await eventually { intake.ticketsOut == 0 })
        }
    }

    @Test(
        "other versions of HTTP, and what looks like one, are refused", arguments: ["2.0", "0.9", "3.0", "1.1\nX: y"])
    func versions(version: String) async throws {
        try await withServer { server, _ in
            let client = WireClient(port: server.port, timeout: 2)
            client.send("GET / HTTP/\(version)\r\nHost: a\r\n\r\n")
            let answer = try #require(client.answer())
            #expect(answer.status == 505)
            #expect(client.closes())
        }
    }

    @Test("a request after a malformed one, in one packet, is answered in order: 202, then 400, then the end")
    func malformedInPipeline() async throws {
        try await withServer { server, intake in
            intake.withholdAnswers(true)
            let client = WireClient(port: server.port)
            client.send(post("1") + "BROKEN\r\n\r\n" + post("2"))
            #expect(await eventually { intake.requests.count == 1 })
            intake.answerAll()
            #expect(client.answer()?.status == 202)
            #expect(client.answer()?.status == 400)
            #expect(client.closes())
            #expect(intake.requests.count == 1)
        }
    }
}
