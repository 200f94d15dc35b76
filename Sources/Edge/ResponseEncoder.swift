import Model
import NIOCore

/// Puts answers on the wire, head and body in one buffer. One per connection, on its event loop.
struct ResponseEncoder {
    private var dateSecond = Int64.min
    private var date = ""

    /// `HTTP/1.1 100 Continue`, which asks the peer for its body.
    static let continueLine: StaticString = "HTTP/1.1 100 Continue\r\n\r\n"

    /// Encodes one answer. `now` becomes the `Date` header.
    mutating func encode(
        _ response: Response, facts: RequestFacts, keepAlive: Bool, now: Timestamp, into buffer: inout ByteBuffer
    ) {
        buffer.writeString("HTTP/1.1 \(response.status) \(reason(response.status))\r\nDate: ")
        buffer.writeString(dateText(now))
        buffer.writeString("\r\nContent-Type: ")
        buffer.writeString(response.contentType.rawValue)
        buffer.writeString("\r\nContent-Length: \(response.body.count)\r\nCache-Control: no-store\r\n")
        for (name, value) in response.headers {
            buffer.writeStaticString(name)
            buffer.writeString(": ")
            buffer.writeString(value)
            buffer.writeString("\r\n")
        }
        if let trace = facts.trace {
            buffer.writeString("traceparent: ")
            buffer.writeString(trace.text)
            buffer.writeString("\r\n")
        }
        if !keepAlive {
            buffer.writeString("Connection: close\r\n")
        } else if facts.isHTTP10 {
            buffer.writeString("Connection: keep-alive\r\n")
        }
        buffer.writeString("\r\n")
        if !facts.omitsBody { buffer.writeBytes(response.body) }
    }

    private mutating func dateText(_ now: Timestamp) -> String {
        let second = now.microseconds / 1_000_000
        if second != dateSecond {
            dateSecond = second
            date = HTTPDate.text(now)
        }
        return date
    }

    private func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 411: "Length Required"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 422: "Unprocessable Content"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 503: "Service Unavailable"
        case 505: "HTTP Version Not Supported"
        default: ""
        }
    }
}
