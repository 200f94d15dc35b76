import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Makes HTTP answers, all with the same protective fields.
enum ControlResponses {
    /// Nothing here is a page: nothing may be loaded, framed, sniffed or kept.
    static let protection: HTTPFields = [
        .contentSecurityPolicy: "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
        .xContentTypeOptions: "nosniff", HTTPField.Name("X-Frame-Options")!: "DENY",
        HTTPField.Name("Referrer-Policy")!: "no-referrer",
        HTTPField.Name("Cross-Origin-Resource-Policy")!: "same-origin", .cacheControl: "no-store",
    ]

    private struct ProblemDocument: Encodable {
        var type: String
        var title: String
        var status: Int
        var detail: String
        var faults: [String]?
    }

    static func response(_ answer: ControlAnswer) -> Response {
        switch answer {
        case .document(let status, let value): make(.init(code: status), "application/json", json(value))
        case .json(let text): make(.ok, "application/json", text)
        case .text(let text, let contentType): make(.ok, contentType, text)
        case .done: Response(status: .noContent, headers: protection)
        case .events: preconditionFailure("events are answered by the feed")
        }
    }

    static func response(_ problem: ControlProblem) -> Response {
        var response = make(
            .init(code: problem.kind.status), "application/problem+json",
            json(
                ProblemDocument(
                    type: "urn:sluice:problem:\(problem.kind.rawValue)", title: problem.kind.title,
                    status: problem.kind.status, detail: problem.detail, faults: problem.faults)))
        switch problem.kind.status {
        case 401: response.headers[.wwwAuthenticate] = "Bearer realm=\"sluice control\""
        case 405: response.headers[.allow] = problem.allow
        case 503: response.headers[.retryAfter] = "2"
        default: break
        }
        return response
    }

    private static func make(_ status: HTTPResponse.Status, _ contentType: String, _ text: String) -> Response {
        var headers = protection
        headers[.contentType] = contentType
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    static func json(_ value: any Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Documents are strings, numbers and lists of them: they can always be encoded.
        guard let data = try? encoder.encode(value) else { preconditionFailure("a document can't be encoded") }
        return String(decoding: data, as: UTF8.self) + "\n"
    }
}
