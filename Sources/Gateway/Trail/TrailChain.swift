package import Model
import Payload

/// The hash chain of `_trail`: every line carries the SHA-256 of the line before it, so that none can be changed, left
/// out or put in later without breaking what follows. A value; who writes it is ``Trail``.
package struct TrailChain: Sendable, Equatable {
    /// 16 hex digits, random. A gateway has one chain for life; a second one means that the first one's head was lost.
    package let id: String
    /// Of the last line; 0 before the first.
    package private(set) var number: UInt64
    /// Of the last line's bytes, in hex; 64 zeros before the first.
    package private(set) var sha256: String

    package static let origin = String(repeating: "0", count: 64)

    package init(id: String, number: UInt64 = 0, sha256: String = TrailChain.origin) {
        self.id = id
        self.number = number
        self.sha256 = sha256
    }

    /// The next line, and the chain with it.
    package func next(
        _ entry: TrailEntry, gateway: GatewayName, incarnation: Incarnation, at time: Timestamp
    ) -> (line: String, chain: TrailChain) {
        var json = JSONText()
        json.add("entry", "\(gateway)/\(id)/\(number + 1)")
        json.add("gateway", gateway.rawValue)
        json.add("incarnation", incarnation.description)
        json.add("chain", id)
        json.add("number", number + 1)
        json.add("previous", sha256)
        json.add("at", time.description)
        json.add("action", entry.action.rawValue)
        json.add("actor", entry.actor.name)
        json.add("role", entry.actor.role)
        if let keyID = entry.actor.keyID { json.add("key_id", keyID) }
        if let address = entry.actor.address { json.add("address", address) }
        if let target = entry.target { json.add("target", target) }
        if let reason = entry.reason { json.add("reason", reason) }
        if !entry.before.isEmpty { json.add("before", object: entry.before) }
        if !entry.after.isEmpty { json.add("after", object: entry.after) }
        let line = json.closed
        return (line, TrailChain(id: id, number: number + 1, sha256: TrailChain.hash(Array(line.utf8))))
    }

    /// With another line as its last.
    func with(line: String) -> TrailChain {
        TrailChain(id: id, number: number, sha256: TrailChain.hash(Array(line.utf8)))
    }

    /// What the next line will carry as `previous`.
    package static func hash(_ line: [UInt8]) -> String { hexText(SHA256.hash(line)) }

    /// The key of the batch that carries a line: the same line is recognised when it is written again.
    static func batchKey(_ id: String, _ number: UInt64) -> String { "trail/\(id)/\(number)" }
}
