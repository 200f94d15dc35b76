import Foundation
import Model

/// The landing zone of a simulated world: create-only and durable.
final class Bucket: @unchecked Sendable {
    // SAFETY: a world is one task, and nothing of it runs beside another part.
    enum Answer {
        case created
        /// The name is taken, by these bytes.
        case taken([UInt8])
    }

    private(set) var objects: [String: [UInt8]] = [:]
    /// Called with the name of every new object.
    var onCreate: (String) -> Void = { _ in }
    private var keysOfObject: [String: [String]] = [:]
    /// Those whose bytes are no longer the first.
    private(set) var overwritten: [String] = []

    /// Those of an object's events. It never changes, and is read once.
    func keys(of name: String) throws(Violation) -> [String] {
        if let known = keysOfObject[name] { return known }
        return try events(of: name).map(\.key)
    }

    func events(of name: String) throws(Violation) -> [LandedEvent] {
        do {
            let events = try LandedKeys.events(of: objects[name] ?? [])
            keysOfObject[name] = events.map(\.key)
            return events
        } catch { throw Violation(.unchanged, "\(name) can't be read: \(error)") }
    }

    /// What a landing zone must never do, nor be asked for.
    func overwrite(_ name: String, _ bytes: [UInt8]) {
        if let there = objects.updateValue(bytes, forKey: name), there != bytes { overwritten.append(name) }
    }

    /// Those that have landed a part of their ledger.
    var gateways: Set<GatewayName> {
        Set(
            objects.keys.filter { $0.hasPrefix("_ledger/") }.compactMap { name in
                Bucket.gateway(of: name)
            })
    }

    /// Whose object it is; that of a strong stream is nobody's.
    static func gateway(of name: String) -> GatewayName? {
        let file = name.split(separator: "/").last ?? ""
        return file.contains("_") ? GatewayName(file.prefix { $0 != "_" }) : nil
    }

    func create(_ name: String, _ bytes: [UInt8]) -> Answer {
        if let there = objects[name] { return .taken(there) }
        objects[name] = bytes
        onCreate(name)
        return .created
    }
}
