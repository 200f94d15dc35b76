import ArgumentParser
import Control
import Foundation

/// What is said of a new key: how long it is valid, and why it is made.
struct KeyTerms: ParsableArguments {
    @Option(help: "Days until the key expires. (default: never)")
    var expiresInDays: Int?

    @Option(help: "Why; it goes into the trail.")
    var reason: String?

    var body: [String: any Encodable & Sendable] {
        var body: [String: any Encodable & Sendable] = [:]
        body["expires_in_seconds"] = expiresInDays.map { $0 * 86_400 }
        body["reason"] = reason
        return body
    }
}

/// Keys as the commands show and revoke them.
enum KeyWords {
    /// The key alone on standard output; what is to be known of it on standard error.
    static func show(_ key: NewKeyDocument) {
        print(
            "key \(key.key_id) of \(key.name), shown this once\(key.expires_at.map { ", valid until \($0)" } ?? ""):",
            to: &StandardError.shared)
        print(key.key)
    }

    static func list(_ keys: [KeyDocument]) -> String {
        keys.isEmpty
            ? "none"
            : keys.map { key in
                let end = key.expires_at.map { key.expired ? " (EXPIRED)" : " (until \($0.prefix(10)))" } ?? ""
                return key.id + end
            }.joined(separator: ", ")
    }

    static func revoke(
        _ kind: String, _ name: String, _ key: String?, _ reason: String?, _ control: ControlClient
    ) throws {
        var path = "/v1/\(kind)/\(ControlClient.segment(name))"
        if let key { path += "/keys/\(ControlClient.segment(key))" }
        if let reason { path += "?reason=\(ControlClient.segment(reason))" }
        _ = try control.ask("DELETE", path)
        if !control.json { print("revoked\(key.map { " key \($0)" } ?? ""): \(name)") }
    }
}
