import Access
import Foundation
import HTTPTypes
import Hummingbird

/// One target of the control plane: what it is, who may ask it, and what is done.
struct Route: Sendable {
    enum Segment: Sendable, Equatable {
        case word(String)
        case parameter(String)
    }

    let method: HTTPRequest.Method
    let pattern: [Segment]
    /// The least role; `nil`: anybody, without a key.
    let role: OperatorRole?
    let handle: @Sendable (ControlRequest) async throws(ControlProblem) -> ControlAnswer

    /// `path`: words and `{parameters}`, as the OpenAPI document writes them.
    init(
        _ method: HTTPRequest.Method, _ path: String, _ role: OperatorRole?,
        _ handle: @escaping @Sendable (ControlRequest) async throws(ControlProblem) -> ControlAnswer
    ) {
        self.method = method
        self.role = role
        self.handle = handle
        pattern = Route.segments(path).map {
            $0.hasPrefix("{") ? .parameter(String($0.dropFirst().dropLast())) : .word(String($0))
        }
    }

    /// As the OpenAPI document writes it.
    var path: String {
        "/"
            + pattern.map {
                switch $0 {
                case .word(let word): word
                case .parameter(let name): "{\(name)}"
                }
            }.joined(separator: "/")
    }

    /// Method and path.
    var target: String { "\(method.rawValue) \(path)" }

    /// The parameters, decoded, when the path is this route's; `nil` when it is not.
    func match(_ segments: [Substring]) -> [String: String]? {
        guard segments.count == pattern.count else { return nil }
        var parameters: [String: String] = [:]
        for (segment, expected) in zip(segments, pattern) {
            switch expected {
            case .word(let word): guard segment == word else { return nil }
            case .parameter(let name):
                guard let text = segment.removingPercentEncoding, !text.isEmpty else { return nil }
                parameters[name] = text
            }
        }
        return parameters
    }

    static func segments(_ path: String) -> [Substring] {
        path == "/" ? [] : path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    }
}
