import Model

/// Everybody who has a key, and the changes that can be made: a value, so a change that could not be saved never was.
struct AccessRoll: Sendable {
    /// Keys under one name that are not expired.
    static let mostKeys = 8

    var producers: [PrincipalName: ProducerRecord] = [:]
    var operators: [PrincipalName: OperatorRecord] = [:]

    mutating func add(_ producer: ProducerRecord) throws(AccessError) {
        guard producer.name != .anonymous, producers[producer.name] == nil else { throw .nameTaken(producer.name) }
        producers[producer.name] = producer
    }

    mutating func add(_ person: OperatorRecord) throws(AccessError) {
        guard person.name != .anonymous, operators[person.name] == nil else { throw .nameTaken(person.name) }
        operators[person.name] = person
    }

    mutating func addKey(_ key: KeyRecord, toProducer name: PrincipalName, now: Timestamp) throws(AccessError) {
        guard var producer = producers[name] else { throw .unknownName(name) }
        producer.keys = try AccessRoll.adding(key, to: producer.keys, now)
        producers[name] = producer
    }

    mutating func addKey(_ key: KeyRecord, toOperator name: PrincipalName, now: Timestamp) throws(AccessError) {
        guard var person = operators[name] else { throw .unknownName(name) }
        person.keys = try AccessRoll.adding(key, to: person.keys, now)
        operators[name] = person
    }

    mutating func change(
        producer name: PrincipalName, streams: StreamGrant?, quota: Quota?
    ) throws(AccessError) -> ProducerRecord {
        guard var producer = producers[name] else { throw .unknownName(name) }
        if let streams { producer.streams = streams }
        if let quota { producer.quota = quota }
        producers[name] = producer
        return producer
    }

    /// Removes one key, or with `nil` the producer with all of them.
    mutating func revoke(producer name: PrincipalName, key id: String?) throws(AccessError) {
        guard var producer = producers[name] else { throw .unknownName(name) }
        guard let id else {
            producers[name] = nil
            return
        }
        guard let index = producer.keys.firstIndex(where: { $0.id == id }) else { throw .unknownKey(id) }
        producer.keys.remove(at: index)
        producers[name] = producer
    }

    /// As for producers; refused when nobody could manage operators afterwards.
    mutating func revoke(operator name: PrincipalName, key id: String?, now: Timestamp) throws(AccessError) {
        guard var person = operators[name] else { throw .unknownName(name) }
        var changed = self
        if let id {
            guard let index = person.keys.firstIndex(where: { $0.id == id }) else { throw .unknownKey(id) }
            person.keys.remove(at: index)
            changed.operators[name] = person
        } else {
            changed.operators[name] = nil
        }
        if hasAdmin(now), !changed.hasAdmin(now) { throw .lastAdmin(name) }
        self = changed
    }

    /// Whether somebody can manage operators.
    func hasAdmin(_ now: Timestamp) -> Bool {
        operators.values.contains { $0.role == .admin && $0.keys.contains { !$0.isExpired(now) } }
    }

    private static func adding(
        _ key: KeyRecord, to keys: [KeyRecord], _ now: Timestamp
    ) throws(AccessError) -> [KeyRecord] {
        let valid = keys.filter { !$0.isExpired(now) }
        guard valid.count < mostKeys else { throw .tooManyKeys(limit: mostKeys) }
        return valid + [key]
    }
}
