/// One thing wrong with a landing zone.
package struct Finding: Encodable, Equatable, Sendable {
    package enum Kind: String, Encodable, Sendable {
        /// Sequences that were acknowledged or stated, and are in no object.
        case gap
        /// Sequences, or a batch, in more than one object.
        case duplicate
        /// An object's events, or its name's range, disagree with its headers or the ledger.
        case count
        /// An object's bytes disagree with the ledger's hash, or with their own checksums.
        case hash
        /// The ledger says the object landed; it is not there.
        case missingObject = "missing_object"
        /// Objects of a gateway's life of which no ledger line speaks, so that nothing tells whether they are all.
        case noLedger = "no_ledger"
        /// Acknowledged events that a gateway's disk lost: it reported them itself, or no longer found what it had stated.
        case damaged
        /// The chain of a gateway's trail is broken: an entry was changed, is missing, or does not belong.
        case trailBroken = "trail_broken"
        /// An object whose name or content is none of a gateway's.
        case foreign
    }

    package var kind: Kind
    package var stream: String?
    package var object: String?
    /// Where the object is, or should be: the name in the gateway's settings, else where the zone is.
    package var zone: String?
    package var detail: String
}
