import Access
import Gateway
import Model

/// A request that has passed every check of who asks.
struct ControlRequest: Sendable {
    var parameters: [String: String]
    var query: [String: String]
    var identity: OperatorIdentity
    var address: String
    var body: [UInt8]

    var actor: TrailActor {
        TrailActor(name: identity.name.rawValue, role: identity.role.rawValue, keyID: identity.keyID, address: address)
    }

    /// A whole number of the query, within the range.
    func number(_ name: String, _ range: ClosedRange<Int>, standard: Int) throws(ControlProblem) -> Int {
        guard let text = query[name] else { return standard }
        guard let value = Int(text), range.contains(value) else {
            throw ControlProblem(
                .invalidValue, "`\(name)` must be a whole number from \(range.lowerBound) to \(range.upperBound).")
        }
        return value
    }

    /// The stream that the parameter names; internal ones too.
    func stream(_ name: String) throws(ControlProblem) -> StreamName {
        guard let stream = parameters[name].flatMap({ StreamName($0) }) else {
            throw ControlProblem(.notFound, "There is no such stream.")
        }
        return stream
    }

    func principal() throws(ControlProblem) -> PrincipalName {
        guard let name = parameters["name"].flatMap({ PrincipalName($0) }) else {
            throw ControlProblem(.notFound, "Nobody has this name.")
        }
        return name
    }
}

/// What is sent back.
enum ControlAnswer: Sendable {
    /// A document, as JSON.
    case document(status: Int, any Encodable & Sendable)
    /// JSON text as it is.
    case json(String)
    case text(String, contentType: String)
    /// Nothing to say: 204.
    case done
    /// Server-sent events, until the peer or the server goes.
    case events

    static func document(_ value: some Encodable & Sendable) -> ControlAnswer { .document(status: 200, value) }
}
