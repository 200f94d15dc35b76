import Gateway
import Model

/// One RFC 9457 problem, ready to be encoded.
///
/// Details come from our own words and parsed values only; nothing the peer sent is repeated.
struct Problem {
    /// A member beside the standard ones (RFC 9457, 3.2).
    enum Extension {
        case number(StaticString, Int)
        case text(StaticString, String)
        case rejected([Receipt.Rejection])
    }

    var type: ProblemType
    var detail: String
    var extensions: [Extension] = []
    /// Always set on 429 and 503, and on 409, which passes.
    var retryAfter: Duration?
    /// Headers that tell what would be acceptable (`Allow`, `Accept-Post`, `Accept-Encoding`).
    var headers: [(name: StaticString, value: String)] = []

    /// The `application/problem+json` answer.
    var response: Response {
        var json = JSONWriter()
        json.object { json in
            json.name("type")
            json.string(type.uri)
            json.name("title")
            json.string(type.title)
            json.name("status")
            json.number(type.status)
            json.name("detail")
            json.string(detail)
            for member in extensions { write(member, into: &json) }
        }
        var response = Response(status: type.status, contentType: .problem, body: json.bytes)
        response.problem = type
        response.headers = headers
        if let retryAfter {
            response.headers.append((name: "Retry-After", value: String(Problem.wholeSeconds(retryAfter))))
        }
        return response
    }

    /// Rounded up, at least 1.
    static func wholeSeconds(_ duration: Duration) -> Int64 {
        let parts = duration.components
        return max(1, parts.seconds + (parts.attoseconds > 0 ? 1 : 0))
    }

    private func write(_ member: Extension, into json: inout JSONWriter) {
        switch member {
        case .number(let name, let value):
            json.name(name)
            json.number(value)
        case .text(let name, let value):
            json.name(name)
            json.string(value)
        case .rejected(let list):
            json.name("rejected")
            ReceiptJSON.rejections(list, into: &json)
        }
    }
}
