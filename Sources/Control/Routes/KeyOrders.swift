import Access
import Gateway
import Model

/// Adds and revokes single keys, of producers and operators alike.
struct KeyOrders: Sendable {
    let orders: Orders
    let kind: AccessKey.Kind
    let action: TrailEntry.Action

    func add(
        _ request: ControlRequest, to name: PrincipalName,
        _ deed: @Sendable (AccessKey, Timestamp?) throws(AccessError) -> Void
    ) async throws(ControlProblem) -> ControlAnswer {
        var input = try InputReader(request.body)
        let expiresAt = input.expiry(SystemTime().now())
        let reason = input.reason(required: false)
        try input.finish()
        let key = AccessKey.random(kind)
        var after = ["key_id": key.id]
        after["expires_at"] = expiresAt?.description
        let entry = TrailEntry(action, by: request.actor, on: name.rawValue, reason: reason, after: after)
        return try await orders.carryOut(entry) { () throws(ControlProblem) in
            try changing { () throws(AccessError) in try deed(key, expiresAt) }
            return .document(
                status: 201,
                NewKeyDocument(
                    name: name.rawValue, key_id: key.id, key: key.text, expires_at: expiresAt?.description))
        }
    }

    func revoke(
        _ request: ControlRequest, of name: PrincipalName, _ keys: [KeyRecord],
        _ deed: @Sendable (String) throws(AccessError) -> Void
    ) async throws(ControlProblem) -> ControlAnswer {
        guard let id = request.parameters["key_id"], keys.contains(where: { $0.id == id }) else {
            throw ControlProblem(.notFound, "There is no such key under this name.")
        }
        let entry = TrailEntry(
            action, by: request.actor, on: name.rawValue, reason: request.query["reason"], before: ["key_id": id])
        return try await orders.carryOut(entry) { () throws(ControlProblem) in
            try changing { () throws(AccessError) in try deed(id) }
            return .done
        }
    }
}

/// Makes a change of the access book; says what went wrong as a problem.
func changing<R>(_ change: () throws(AccessError) -> R) throws(ControlProblem) -> R {
    do throws(AccessError) { return try change() } catch {
        switch error {
        case .nameTaken: throw ControlProblem(.nameTaken, error.description)
        case .unknownName, .unknownKey: throw ControlProblem(.notFound, error.description)
        case .lastAdmin: throw ControlProblem(.lastAdmin, error.description)
        case .tooManyKeys: throw ControlProblem(.tooManyKeys, error.description)
        case .unreadable, .notDurable, .notSaved: throw ControlProblem(.notSaved, error.description)
        }
    }
}
