import Foundation
import Model

/// The access file: version 1, JSON, hashes only.
struct AccessDocument: Codable, Sendable {
    struct Key: Codable, Sendable {
        var id: String
        var sha256: String
        var created_at: String
        var expires_at: String?
    }
    struct Producer: Codable, Sendable {
        var name: String
        var streams: [String]
        var events_per_second: Int?
        var bytes_per_second: Int?
        var keys: [Key]
    }
    struct Operator: Codable, Sendable {
        var name: String
        var role: String
        var keys: [Key]
    }

    var version: Int
    var producers: [Producer]
    var operators: [Operator]

    init(_ roll: AccessRoll) {
        version = 1
        producers = roll.producers.values.sorted { $0.name < $1.name }.map { producer in
            Producer(
                name: producer.name.rawValue, streams: producer.streams.names,
                events_per_second: producer.quota.eventsPerSecond, bytes_per_second: producer.quota.bytesPerSecond,
                keys: producer.keys.map(Key.init))
        }
        operators = roll.operators.values.sorted { $0.name < $1.name }.map { person in
            Operator(name: person.name.rawValue, role: person.role.rawValue, keys: person.keys.map(Key.init))
        }
    }

    var encoded: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        // Strings and whole numbers only: it can't fail.
        guard let data = try? encoder.encode(self) else { preconditionFailure("the access file can't be encoded") }
        return Array(data) + [UInt8(ascii: "\n")]
    }

    /// Reads a file's bytes; the failure says what is wrong with them.
    static func decode(_ bytes: [UInt8]) -> Result<AccessRoll, Flaw> {
        Result { () throws(Flaw) in
            let document: AccessDocument
            do { document = try JSONDecoder().decode(AccessDocument.self, from: Data(bytes)) } catch {
                throw Flaw(reason: "not the JSON of an access file: \(describe(error))")
            }
            guard document.version == 1 else {
                throw Flaw(reason: "version \(document.version) is not known to this release")
            }
            return try document.roll()
        }
    }

    struct Flaw: Error { var reason: String }

    private static func describe(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return "\(error)" }
        switch error {
        case .keyNotFound(let key, let context): return "\(place(context)) lacks `\(key.stringValue)`"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            return "\(place(context)): \(context.debugDescription)"
        case .dataCorrupted(let context): return context.debugDescription
        @unknown default: return "\(error)"
        }
    }

    private static func place(_ context: DecodingError.Context) -> String {
        let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
        return path.isEmpty ? "the file" : path
    }

    private func roll() throws(Flaw) -> AccessRoll {
        var roll = AccessRoll()
        var ids: Set<String> = []
        for producer in producers {
            guard let name = PrincipalName(producer.name), name != .anonymous else {
                throw Flaw(reason: "`\(producer.name)` is no producer's name")
            }
            guard let streams = StreamGrant(producer.streams) else {
                throw Flaw(reason: "producer \(name): `streams` must be [\"*\"] or a list of stream names")
            }
            for rate in [producer.events_per_second, producer.bytes_per_second].compactMap(\.self)
            where !(1...Quota.most).contains(rate) {
                throw Flaw(reason: "producer \(name): a rate of \(rate) is out of range")
            }
            let quota = Quota(
                eventsPerSecond: producer.events_per_second, bytesPerSecond: producer.bytes_per_second)
            let record = ProducerRecord(
                name: name, streams: streams, quota: quota, keys: try keys(producer.keys, of: name, &ids))
            guard roll.producers.updateValue(record, forKey: name) == nil else {
                throw Flaw(reason: "producer \(name) is there twice")
            }
        }
        for person in operators {
            guard let name = PrincipalName(person.name), name != .anonymous else {
                throw Flaw(reason: "`\(person.name)` is no operator's name")
            }
            guard let role = OperatorRole(rawValue: person.role) else {
                throw Flaw(reason: "operator \(name): `\(person.role)` is no role")
            }
            let record = OperatorRecord(name: name, role: role, keys: try keys(person.keys, of: name, &ids))
            guard roll.operators.updateValue(record, forKey: name) == nil else {
                throw Flaw(reason: "operator \(name) is there twice")
            }
        }
        return roll
    }

    private func keys(_ list: [Key], of name: PrincipalName, _ ids: inout Set<String>) throws(Flaw) -> [KeyRecord] {
        var records: [KeyRecord] = []
        for key in list {
            guard let sha256 = bytes(hex: key.sha256), sha256.count == 32,
                let created = Timestamp(rfc3339: key.created_at)
            else { throw Flaw(reason: "a key of \(name) is damaged") }
            var expires: Timestamp?
            if let text = key.expires_at {
                guard let parsed = Timestamp(rfc3339: text) else {
                    throw Flaw(reason: "a key of \(name): `\(text)` is no time")
                }
                expires = parsed
            }
            guard ids.insert(key.id).inserted else { throw Flaw(reason: "key \(key.id) is there twice") }
            records.append(KeyRecord(id: key.id, sha256: sha256, createdAt: created, expiresAt: expires))
        }
        return records
    }

    private func bytes(hex text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        return bytes
    }
}

extension AccessDocument.Key {
    fileprivate init(_ record: KeyRecord) {
        self.init(
            id: record.id, sha256: hexText(record.sha256), created_at: record.createdAt.description,
            expires_at: record.expiresAt?.description)
    }
}
