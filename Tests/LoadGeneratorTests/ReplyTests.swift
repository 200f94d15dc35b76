import Testing

@testable import LoadGenerator

@Suite struct ReplyTests {
    private func parse(_ text: String) throws -> ReplyHead? {
        try Array(text.utf8).withUnsafeBytes { try ReplyHead.parse($0) }
    }

    @Test("status, length, Retry-After and Connection are read, whatever their case")
    func fields() throws {
        let text =
            "HTTP/1.1 503 Service Unavailable\r\nretry-after: 7\r\nCONTENT-LENGTH:12\r\nConnection: close\r\n\r\n"
        let head = try #require(try parse(text + "{\"status\":1}"))
        #expect(head.status == 503)
        #expect(head.bodyStart == text.utf8.count)
        #expect(head.bodyLength == 12)
        #expect(head.retryAfter == 7)
        #expect(head.closes)
        let open = try parse("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n")
        #expect(open == ReplyHead(status: 202, bodyStart: 70, bodyLength: 0))
    }

    @Test("every cut of a head is incomplete, not wrong")
    func cuts() throws {
        let text = "HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n"
        for length in 0..<text.utf8.count {
            #expect(try parse(String(text.prefix(length))) == nil)
        }
    }

    @Test("what is no HTTP, or has no length, is refused")
    func foreign() {
        #expect(throws: LoadError.self) { try parse("SSH-2.0-OpenSSH\r\n\r\n") }
        #expect(throws: LoadError.notHTTP("no Content-Length")) { try parse("HTTP/1.1 200 OK\r\n\r\n") }
    }

    @Test("the detail is the problem's, or the body's start")
    func detail() {
        func detail(_ body: String) -> String {
            Reply(status: 404, closes: false, retryAfter: nil, body: Array(body.utf8)).detail
        }
        #expect(detail("{\"title\":\"t\",\"detail\":\"no such stream\",\"x\":1}") == "no such stream")
        #expect(detail("<html>") == "<html>")
    }
}
