import Synchronization

/// Signing keys by secret, day, region and service: four of the five HMACs of a signature are the same all day.
///
/// Holds a handful: a gateway has few landing zones, and old days and rotated keys go when it is full.
package final class SigningKeyCache: Sendable {
    private struct Name: Hashable {
        var secretAccessKey: Secret
        var day: String
        var region: String
        var service: String
    }

    private static let capacity = 32
    private let keys = Mutex<[Name: [UInt8]]>([:])

    package init() {}

    func key(_ secretAccessKey: Secret, _ scope: SigningScope) -> [UInt8] {
        let name = Name(
            secretAccessKey: secretAccessKey, day: scope.day, region: scope.region, service: scope.service)
        if let key = keys.withLock({ $0[name] }) { return key }
        let key = scope.signingKey(secretAccessKey)
        keys.withLock { keys in
            if keys.count >= SigningKeyCache.capacity { keys.removeAll() }
            keys[name] = key
        }
        return key
    }

    var count: Int { keys.withLock(\.count) }
}
