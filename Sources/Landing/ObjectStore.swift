package import SystemPackage

/// A landing zone: create-only objects under names. A local directory, S3, or a simulated store.
///
/// An object appears whole or not at all, and is never overwritten. Completions may be called on any thread, once.
package protocol ObjectStore: Sendable {
    /// Whether ``create(_:completion:)`` is create-only by the store's construction. Where it is not, as with S3, whose
    /// imitations may ignore the condition, it is proved at start; see ``CreateOnlyProbe``.
    var createsOnlyByConstruction: Bool { get }
    /// Creates the object if nothing has that name. On ``CreateOutcome/created`` it is durable.
    func create(_ object: NewObject, completion: @escaping @Sendable (CreateOutcome) -> Void)
    /// Gives up what is under way, where it can, with ``CreateOutcome/unknown(_:)`` or a failure; what comes later goes on.
    func interrupt()
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
    /// Facts that a store which can keeps beside the bytes, for people and tools: names of `[a-z0-9-]`, values of
    /// printable ASCII.
    package var notes: [(name: String, value: String)]
    /// How long to wait for the store's answer; `nil` for as long as the store is set to.
    package var patience: Duration?
    #if SLUICE_CANARIES
        package var overwrites = false
    #endif

    package init(
        name: String, body: Body, length: Int64, sha256: [UInt8], notes: [(name: String, value: String)] = [],
        patience: Duration? = nil
    ) {
        self.patience = patience
        self.name = name
        self.body = body
        self.length = length
        self.sha256 = sha256
        self.notes = notes
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

/// Why a store could not do it, for logs, problem details and partition control.
package struct StoreFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: String, Sendable {
        /// No answer: no connection, a timeout, a reset.
        case unreachable
        /// The store asks for less (429, 503 SlowDown).
        case throttled
        /// The store answered, but not with what was asked (5xx, an answer that proves nothing).
        case broken
        /// Credentials are missing, wrong or expired, or do not permit it.
        case denied
        /// The zone is not what the settings say: no such bucket, another region, no conditional writes.
        case misconfigured
        case outOfSpace
        /// The bytes to be landed are not those that were sealed.
        case corrupt
    }

    package var kind: Kind
    package var detail: String
    /// When the store said so.
    package var retryAfter: Duration?

    package init(_ kind: Kind, _ detail: String, retryAfter: Duration? = nil) {
        self.kind = kind
        self.detail = detail
        self.retryAfter = retryAfter
    }

    package var description: String { "\(kind), \(detail)" }
}
