/// Why there is no response.
package enum HTTPFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// Nothing of the request left this machine (name, connection or TLS failed): the server has done nothing.
    case notSent(String)
    /// The server may have received all of it and done what was asked (timeout, reset, truncated response).
    case unanswered(String)
    /// The body could not be read here; the server got less than was announced.
    case body(String)

    package var detail: String {
        switch self {
        case .notSent(let detail), .unanswered(let detail), .body(let detail): detail
        }
    }
    package var description: String { detail }
}
