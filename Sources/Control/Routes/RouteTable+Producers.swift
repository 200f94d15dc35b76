import Access
import Gateway
import HTTPTypes
import Model

extension RouteTable {
    /// Producers, what they may send, and their keys.
    static func producers(_ parts: ControlParts) -> [Route] {
        let access = parts.access
        let orders = Orders(gateway: parts.gateway)
        return [
            Route(.get, "/v1/producers", .viewer) { _ in
                let now = SystemTime().now()
                return .document(
                    ProducersDocument(producers: access.producers.map { ProducerDocument($0, now: now) }))
            },
            Route(.post, "/v1/producers", .operator) { (request) async throws(ControlProblem) in
                try await add(request, access, orders)
            },
            Route(.get, "/v1/producers/{name}", .viewer) { (request) throws(ControlProblem) in
                .document(ProducerDocument(try producer(request, access), now: SystemTime().now()))
            },
            Route(.patch, "/v1/producers/{name}", .operator) { (request) async throws(ControlProblem) in
                try await change(request, access, orders)
            },
            Route(.delete, "/v1/producers/{name}", .operator) { (request) async throws(ControlProblem) in
                let found = try producer(request, access)
                let entry = TrailEntry(
                    .producerRevoked, by: request.actor, on: found.name.rawValue, reason: request.query["reason"],
                    before: facts(found))
                return try await orders.carryOut(entry) { () throws(ControlProblem) in
                    try changing { () throws(AccessError) in try access.revoke(producer: found.name, key: nil) }
                    return .done
                }
            },
            Route(.post, "/v1/producers/{name}/keys", .operator) { (request) async throws(ControlProblem) in
                let found = try producer(request, access)
                return try await KeyOrders(orders: orders, kind: .producer, action: .producerKeyAdded).add(
                    request, to: found.name
                ) { (key, expiresAt) throws(AccessError) in
                    try access.add(key, toProducer: found.name, expiresAt: expiresAt)
                }
            },
            Route(.delete, "/v1/producers/{name}/keys/{key_id}", .operator) { (request) async throws(ControlProblem) in
                let found = try producer(request, access)
                return try await KeyOrders(orders: orders, kind: .producer, action: .producerKeyRevoked).revoke(
                    request, of: found.name, found.keys
                ) { (id) throws(AccessError) in try access.revoke(producer: found.name, key: id) }
            },
        ]
    }

    private static func producer(
        _ request: ControlRequest, _ access: any AccessKeeper
    ) throws(ControlProblem) -> ProducerRecord {
        let name = try request.principal()
        guard let found = access.producers.first(where: { $0.name == name }) else {
            throw ControlProblem(.notFound, "No producer has this name.")
        }
        return found
    }

    private static func add(
        _ request: ControlRequest, _ access: any AccessKeeper, _ orders: Orders
    ) async throws(ControlProblem) -> ControlAnswer {
        var input = try InputReader(request.body)
        let name = input.name()
        let streams = input.streams()
        let events = input.rate("events_per_second")
        let bytes = input.rate("bytes_per_second")
        let expiresAt = input.expiry(SystemTime().now())
        let reason = input.reason(required: false)
        if streams == nil, input.faults.isEmpty {
            throw ControlProblem(.invalidValue, "`streams` is required: [\"*\"], or a list of stream names.")
        }
        try input.finish()
        guard let name, let streams else { preconditionFailure("what is missing was a fault") }
        guard !access.producers.contains(where: { $0.name == name }) else {
            throw ControlProblem(.nameTaken, "A producer has this name; add a key to it, or choose another name.")
        }
        let quota = Quota(eventsPerSecond: value(events), bytesPerSecond: value(bytes))
        let key = AccessKey.random(.producer)
        var after = facts(ProducerRecord(name: name, streams: streams, quota: quota, keys: []))
        after["key_id"] = key.id
        after["expires_at"] = expiresAt?.description
        let entry = TrailEntry(
            .producerAdded, by: request.actor, on: name.rawValue, reason: reason, after: after)
        return try await orders.carryOut(entry) { () throws(ControlProblem) in
            try changing { () throws(AccessError) in
                try access.addProducer(name, streams: streams, quota: quota, key: key, expiresAt: expiresAt)
            }
            return .document(
                status: 201,
                NewKeyDocument(
                    name: name.rawValue, key_id: key.id, key: key.text, expires_at: expiresAt?.description))
        }
    }

    private static func change(
        _ request: ControlRequest, _ access: any AccessKeeper, _ orders: Orders
    ) async throws(ControlProblem) -> ControlAnswer {
        let found = try producer(request, access)
        var input = try InputReader(request.body)
        var changed = found
        if let streams = input.streams() { changed.streams = streams }
        switch input.rate("events_per_second") {
        case .unchanged: break
        case .removed: changed.quota.eventsPerSecond = nil
        case .set(let rate): changed.quota.eventsPerSecond = rate
        }
        switch input.rate("bytes_per_second") {
        case .unchanged: break
        case .removed: changed.quota.bytesPerSecond = nil
        case .set(let rate): changed.quota.bytesPerSecond = rate
        }
        let reason = input.reason(required: false)
        try input.finish()
        let next = changed
        let entry = TrailEntry(
            .producerChanged, by: request.actor, on: found.name.rawValue, reason: reason, before: facts(found),
            after: facts(next))
        return try await orders.carryOut(entry) { () throws(ControlProblem) in
            let record = try changing { () throws(AccessError) in
                try access.changeProducer(found.name, streams: next.streams, quota: next.quota)
            }
            return .document(ProducerDocument(record, now: SystemTime().now()))
        }
    }

    private static func value(_ change: InputReader.Change<Int>) -> Int? {
        if case .set(let value) = change { value } else { nil }
    }

    private static func facts(_ producer: ProducerRecord) -> [String: String] {
        var facts = ["streams": producer.streams.names.joined(separator: " ")]
        facts["events_per_second"] = producer.quota.eventsPerSecond.map(String.init)
        facts["bytes_per_second"] = producer.quota.bytesPerSecond.map(String.init)
        return facts
    }
}
