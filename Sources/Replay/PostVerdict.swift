package import Curl
import Foundation

/// What a gateway's answer means for a batch that is sent again.
package enum PostVerdict: Sendable, Equatable {
    /// It was taken: so many events, and so many went to quarantine.
    case taken(events: Int, quarantined: Int)
    /// The gateway knows the batch: its first receipt again, or the complaint that the key came with another body (its bytes
    /// were others the first time: another format, other blanks, or events that were refused).
    case known
    case again(after: Duration?, String)
    /// This batch is not taken.
    case refused(String)
    /// Nor is any other: wrong key, unknown stream, no gateway.
    case hopeless(String)

    package init(_ response: HTTPResponse) {
        let after = response.header("Retry-After").flatMap { Int($0) }.map {
            Duration.seconds(min(max(0, $0), 3600))
        }
        switch response.status {
        case 200, 201, 202:
            guard let receipt = try? JSONDecoder().decode(Receipt.self, from: Data(response.body)) else {
                self = .hopeless("\(response.status), but not as a gateway answers")
                return
            }
            self =
                receipt.replayed
                ? .known : .taken(events: receipt.events.accepted, quarantined: receipt.events.quarantined)
        case 422 where PostVerdict.problem(response)?.type == "urn:sluice:problem:key-reused": self = .known
        case 408, 409, 429, 500, 502, 503, 504: self = .again(after: after, PostVerdict.text(response))
        case 401, 403, 404, 405: self = .hopeless(PostVerdict.text(response))
        default: self = .refused(PostVerdict.text(response))
        }
    }

    private struct Receipt: Decodable {
        struct Events: Decodable {
            var accepted: Int
            var quarantined: Int
        }
        var replayed: Bool
        var events: Events
    }

    private struct Problem: Decodable {
        var type: String
        var detail: String?
    }

    private static func problem(_ response: HTTPResponse) -> Problem? {
        try? JSONDecoder().decode(Problem.self, from: Data(response.body))
    }

    private static func text(_ response: HTTPResponse) -> String {
        guard let problem = problem(response) else { return "\(response.status)" }
        return "\(response.status) \(problem.type)" + (problem.detail.map { ": \($0)" } ?? "")
    }
}
