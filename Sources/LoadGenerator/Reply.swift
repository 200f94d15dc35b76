/// The few things a load generator reads in an answer.
struct Reply: Equatable {
    var status: Int
    /// Whether the gateway closes the connection after it.
    var closes: Bool
    /// Whole seconds of `Retry-After`.
    var retryAfter: Int?
    /// The body, kept only when the status is not 2xx.
    var body: [UInt8]

    /// The problem's `detail` member (RFC 9457), or the start of the body when there is none.
    var detail: String {
        let text = String(decoding: body.prefix(2_000), as: UTF8.self)
        let name = "\"detail\":\""
        guard let start = text.firstRange(of: name)?.upperBound else { return String(text.prefix(200)) }
        return String(text[start...].prefix { $0 != "\"" })
    }
}

/// The head of an answer: where the body starts and how long it is.
struct ReplyHead: Equatable {
    var status: Int
    var bodyStart: Int
    var bodyLength: Int
    var closes = false
    var retryAfter: Int?

    /// Nil while the head is not complete.
    static func parse(_ bytes: UnsafeRawBufferPointer) throws(LoadError) -> ReplyHead? {
        guard let end = endOfHead(bytes) else {
            if bytes.count > 65_536 { throw .notHTTP("a head of more than 65536 bytes") }
            return nil
        }
        let lines = bytes[..<end].split(separator: UInt8(ascii: "\n"))
        guard let first = lines.first, first.starts(with: "HTTP/1.1 ".utf8), let status = number(first.dropFirst(9))
        else {
            throw .notHTTP("it starts with \(String(decoding: bytes.prefix(20), as: UTF8.self).debugDescription)")
        }
        var head = ReplyHead(status: status, bodyStart: end, bodyLength: -1)
        for line in lines.dropFirst() {
            if let value = value(of: "content-length", line) { head.bodyLength = number(value) ?? -1 }
            if let value = value(of: "retry-after", line) { head.retryAfter = number(value) }
            if let value = value(of: "connection", line) {
                head.closes = value.first.map { $0 | 0x20 } == UInt8(ascii: "c")
            }
        }
        guard head.bodyLength >= 0 else { throw .notHTTP("no Content-Length") }
        return head
    }

    private static func endOfHead(_ bytes: UnsafeRawBufferPointer) -> Int? {
        var index = 3
        while index < bytes.count {
            if bytes[index] == 10, bytes[index - 1] == 13, bytes[index - 2] == 10, bytes[index - 3] == 13 {
                return index + 1
            }
            index += 1
        }
        return nil
    }

    /// The value of the field when the line has this lower-case name.
    private static func value(
        of name: StaticString, _ line: Slice<UnsafeRawBufferPointer>
    ) -> Slice<UnsafeRawBufferPointer>? {
        let length = name.utf8CodeUnitCount
        guard line.count > length, line[line.startIndex + length] == UInt8(ascii: ":") else { return nil }
        for index in 0..<length where line[line.startIndex + index] | 0x20 != name.utf8Start[index] | 0x20 {
            return nil
        }
        return line.dropFirst(length + 1).drop { $0 == 32 }
    }

    private static func number(_ digits: Slice<UnsafeRawBufferPointer>) -> Int? {
        var value: Int?
        for byte in digits.prefix(18) {
            guard byte >= 48, byte <= 57 else { break }
            value = (value ?? 0) * 10 + Int(byte - 48)
        }
        return value
    }
}
