/// The head of the requests that carry one body. Only the digits of the key change from request to request.
struct RequestHead {
    private(set) var bytes: [UInt8]
    private let digits: Range<Int>

    /// - Parameter run: makes the keys of this run and connection differ from all others.
    init(_ configuration: LoadConfiguration, _ body: RequestBody, run: String) {
        var text = "POST /v1/streams/\(configuration.stream)/events HTTP/1.1\r\n"
        text += "Host: \(configuration.host):\(configuration.port)\r\nContent-Type: application/x-ndjson\r\n"
        if body.coding == .gzip { text += "Content-Encoding: gzip\r\n" }
        text += "Content-Length: \(body.bytes.count)\r\nIdempotency-Key: \"\(run)-"
        let start = text.utf8.count
        text += "0000000000000000\"\r\n\r\n"
        bytes = Array(text.utf8)
        digits = start..<start + 16
    }

    /// Gives the next request its key.
    mutating func setKey(_ number: UInt64) {
        var rest = number
        for index in digits.reversed() {
            let digit = UInt8(rest & 15)
            bytes[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            rest >>= 4
        }
    }
}
