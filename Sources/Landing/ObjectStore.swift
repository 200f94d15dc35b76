package import SystemPackage

/// A landing zone: create-only objects under names. A local directory, S3, or a simulated store.
///
/// An object appears whole or not at all, and is never overwritten. Completions may be called on any thread, once.
package protocol ObjectStore: Sendable {
    /// Creates the object if nothing has that name. On ``CreateOutcome/created`` it is durable.
    func create(_ object: NewObject, completion: @escaping @Sendable (CreateOutcome) -> Void)
    /// What has that name now.
    func inspect(_ name: String, completion: @escaping @Sendable (InspectOutcome) -> Void)
    /// The object's first bytes, at most `count`.
    func readPrefix(_ name: String, count: Int, completion: @escaping @Sendable (ReadOutcome) -> Void)
}

/// An object to be created. `name` is relative to the landing root and made of `[A-Za-z0-9._/=-]`.
package struct NewObject: Sendable {
    package enum Body: Sendable {
        /// The whole of a sealed segment.
        case file(FilePath)
        case bytes([UInt8])
    }

    package var name: String
    package var body: Body
    package var length: Int64
    /// SHA-256 of the bytes.
    package var sha256: [UInt8]

    package init(name: String, body: Body, length: Int64, sha256: [UInt8]) {
        self.name = name
        self.body = body
        self.length = length
        self.sha256 = sha256
    }
}

package enum CreateOutcome: Sendable, Equatable {
    case created
    /// The name is taken by an object with the same bytes: an earlier try of ours got through.
    case same
    /// The name is taken by other bytes. Never overwritten; an alarm for segments, a replay to look at for keyed objects.
    case different
    /// A concurrent create of the same name is under way (S3's 409): proves nothing, try again.
    case conflict
    /// No answer that proves anything (timeout, reset, 5xx): the object may exist. Try again with the same bytes.
    case unknown(StoreFailure)
    /// The store refused and did not create it (credentials, permissions, no space). The data stays in the journal.
    case refused(StoreFailure)
}

package enum InspectOutcome: Sendable, Equatable {
    case absent
    case present(length: Int64, sha256: [UInt8])
    case failed(StoreFailure)
}

package enum ReadOutcome: Sendable, Equatable {
    case absent
    case bytes([UInt8])
    case failed(StoreFailure)
}

/// Why a store could not do it, for logs and problem details. `retryAfter` when the store said so.
package struct StoreFailure: Error, Sendable, Equatable {
    package var detail: String
    package var retryAfter: Duration?
    package init(_ detail: String, retryAfter: Duration? = nil) {
        self.detail = detail
        self.retryAfter = retryAfter
    }
}
