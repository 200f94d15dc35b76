import Access
import Foundation
import Model

/// Reads the members of a request's JSON object; every fault is kept, and what is left over is one.
struct InputReader {
    private var members: [String: JSONValue]
    private(set) var faults: [String] = []

    /// A member that may be absent, be null (to take a value away) or hold a value.
    enum Change<Value> {
        case unchanged
        case removed
        case set(Value)
    }

    /// The longest reason or name that is taken, in characters.
    static let reasonMax = 500

    init(_ bytes: [UInt8]) throws(ControlProblem) {
        if bytes.isEmpty {
            members = [:]
            return
        }
        guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes)) else {
            throw ControlProblem(.malformedRequest, "The body is not valid JSON.")
        }
        guard case .object(let members) = value else {
            throw ControlProblem(.malformedRequest, "The body must be a JSON object.")
        }
        self.members = members
    }

    /// What operators say of why they do it: it goes into the trail.
    mutating func reason(required: Bool) -> String? {
        guard let value = take("reason") else {
            if required { faults.append("`reason` is required: it goes into the trail") }
            return nil
        }
        guard case .string(let text) = value, (1...InputReader.reasonMax).contains(text.count),
            !text.allSatisfy(\.isWhitespace)
        else {
            faults.append("`reason` must be text of 1 to \(InputReader.reasonMax) characters")
            return nil
        }
        return text
    }

    mutating func name() -> PrincipalName? {
        guard case .string(let text)? = take("name"), let name = PrincipalName(text), name != .anonymous else {
            faults.append("`name` is required: [a-z0-9][a-z0-9._-]{0,62}, and not `anonymous`")
            return nil
        }
        return name
    }

    mutating func streams() -> StreamGrant? {
        guard let value = take("streams") else { return nil }
        if case .array(let list) = value {
            let names = list.compactMap { if case .string(let name) = $0 { name } else { nil } }
            if names.count == list.count, Set(names).count == names.count, let grant = StreamGrant(names) {
                return grant
            }
        }
        faults.append("`streams` must be [\"*\"], or a list of different stream names")
        return nil
    }

    mutating func rate(_ name: String) -> Change<Int> {
        switch take(name) {
        case nil: return .unchanged
        case .null?: return .removed
        case .integer(let value)? where (1...Quota.most).contains(value): return .set(value)
        default:
            faults.append("`\(name)` must be a whole number from 1 to \(Quota.most), or null for no limit")
            return .unchanged
        }
    }

    mutating func role() -> OperatorRole? {
        guard case .string(let text)? = take("role"), let role = OperatorRole(rawValue: text) else {
            faults.append("`role` is required: \(OperatorRole.allCases.map(\.rawValue).joined(separator: ", "))")
            return nil
        }
        return role
    }

    /// When a new key expires, from `expires_in_seconds`.
    mutating func expiry(_ now: Timestamp) -> Timestamp? {
        switch take("expires_in_seconds") {
        case nil, .null?: return nil
        case .integer(let seconds)? where (1...3_153_600_000).contains(seconds):
            return Timestamp(microseconds: now.microseconds + Int64(seconds) * 1_000_000)
        default:
            faults.append("`expires_in_seconds` must be a whole number from 1 to 3153600000, or null")
            return nil
        }
    }

    /// Throws what was wrong, if anything was.
    func finish() throws(ControlProblem) {
        let all = faults + members.keys.sorted().map { _ in "there is a member that is not known here" }.prefix(1)
        guard all.isEmpty else {
            throw ControlProblem(.invalidValue, all.joined(separator: "; ") + ".")
        }
    }

    private mutating func take(_ name: String) -> JSONValue? { members.removeValue(forKey: name) }
}
