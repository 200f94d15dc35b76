import Access
import Gateway
import HTTPTypes
import Model

extension RouteTable {
    /// Operators, their roles and their keys.
    static func operators(_ parts: ControlParts) -> [Route] {
        let access = parts.access
        let orders = Orders(gateway: parts.gateway)
        return [
            Route(.get, "/v1/operators", .admin) { _ in
                let now = SystemTime().now()
                return .document(
                    OperatorsDocument(operators: access.operators.map { OperatorDocument($0, now: now) }))
            },
            Route(.post, "/v1/operators", .admin) { (request) async throws(ControlProblem) in
                try await add(request, access, orders)
            },
            Route(.delete, "/v1/operators/{name}", .admin) { (request) async throws(ControlProblem) in
                let found = try person(request, access)
                try keepAnAdmin(access, without: found.name, key: nil)
                let entry = TrailEntry(
                    .operatorRevoked, by: request.actor, on: found.name.rawValue, reason: request.query["reason"],
                    before: ["role": found.role.rawValue])
                return try await orders.carryOut(entry) { () throws(ControlProblem) in
                    try changing { () throws(AccessError) in try access.revoke(operator: found.name, key: nil) }
                    return .done
                }
            },
            Route(.post, "/v1/operators/{name}/keys", .admin) { (request) async throws(ControlProblem) in
                let found = try person(request, access)
                return try await KeyOrders(orders: orders, kind: .operator, action: .operatorKeyAdded).add(
                    request, to: found.name
                ) { (key, expiresAt) throws(AccessError) in
                    try access.add(key, toOperator: found.name, expiresAt: expiresAt)
                }
            },
            Route(.delete, "/v1/operators/{name}/keys/{key_id}", .admin) { (request) async throws(ControlProblem) in
                let found = try person(request, access)
                if let id = request.parameters["key_id"] { try keepAnAdmin(access, without: found.name, key: id) }
                return try await KeyOrders(orders: orders, kind: .operator, action: .operatorKeyRevoked).revoke(
                    request, of: found.name, found.keys
                ) { (id) throws(AccessError) in try access.revoke(operator: found.name, key: id) }
            },
        ]
    }

    private static func person(
        _ request: ControlRequest, _ access: any AccessKeeper
    ) throws(ControlProblem) -> OperatorRecord {
        let name = try request.principal()
        guard let found = access.operators.first(where: { $0.name == name }) else {
            throw ControlProblem(.notFound, "No operator has this name.")
        }
        return found
    }

    /// Said before anything is written; the book itself holds the rule.
    private static func keepAnAdmin(
        _ access: any AccessKeeper, without name: PrincipalName, key: String?
    ) throws(ControlProblem) {
        let now = SystemTime().now()
        let left = access.operators.contains { person in
            person.role == .admin
                && person.keys.contains { entry in
                    (entry.expiresAt.map { $0 > now } ?? true)
                        && (person.name != name || key != nil && entry.id != key)
                }
        }
        let isAdmin = access.operators.contains { $0.name == name && $0.role == .admin }
        guard left || !isAdmin else {
            throw ControlProblem(.lastAdmin, "This is the last admin with a valid key; add another admin first.")
        }
    }

    private static func add(
        _ request: ControlRequest, _ access: any AccessKeeper, _ orders: Orders
    ) async throws(ControlProblem) -> ControlAnswer {
        var input = try InputReader(request.body)
        let name = input.name()
        let role = input.role()
        let expiresAt = input.expiry(SystemTime().now())
        let reason = input.reason(required: false)
        try input.finish()
        guard let name, let role else { preconditionFailure("what is missing was a fault") }
        guard !access.operators.contains(where: { $0.name == name }) else {
            throw ControlProblem(.nameTaken, "An operator has this name; add a key to it, or choose another name.")
        }
        let key = AccessKey.random(.operator)
        var after = ["role": role.rawValue, "key_id": key.id]
        after["expires_at"] = expiresAt?.description
        let entry = TrailEntry(.operatorAdded, by: request.actor, on: name.rawValue, reason: reason, after: after)
        return try await orders.carryOut(entry) { () throws(ControlProblem) in
            try changing { () throws(AccessError) in
                try access.addOperator(name, role: role, key: key, expiresAt: expiresAt)
            }
            return .document(
                status: 201,
                NewKeyDocument(
                    name: name.rawValue, key_id: key.id, key: key.text, expires_at: expiresAt?.description))
        }
    }
}
