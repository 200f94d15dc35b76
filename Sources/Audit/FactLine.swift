import Foundation

/// One line of a `_ledger` object, as far as checking needs it.
struct FactLine: Decodable {
    struct Fact: Decodable, Sendable {
        var fact: String
        var gateway: String
        var incarnation: String
        var at: String
        var stream: String?
        var zone: String?
        var next_sequence: UInt64?
        var first: UInt64?
        var end: UInt64?
        var object: String?
        var events: Int?
        var sha256: String?
        var reason: String?
    }
    var payload: Fact
}
