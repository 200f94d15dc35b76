package import Model

/// Through when one stream is provably complete, over all gateways, and what holds it back.
package struct StreamCompleteness: Sendable, Equatable {
    /// A life that keeps its stream from being complete up to now.
    package struct Hold: Sendable, Equatable, Encodable {
        package enum Reason: String, Sendable, Encodable {
            /// Acknowledged events are in no object.
            case missing
            /// A strong stream's object, which the ledger says landed, is not there.
            case missingObject = "missing_object"
            /// The life's ledger has a gap, or has not landed: what it acknowledged beyond is not known.
            case ledger
            /// It has not been heard of, and has not ended.
            case silent
        }

        package var gateway: String
        /// Absent where only objects of strong streams tell of the gateway.
        package var incarnation: String?
        package var reason: Reason
        /// The first sequence that is missing or in doubt: of the stream, or of `_ledger` where the ledger is the reason.
        package var first: UInt64?
        /// The one after the last; absent where nobody knows it.
        package var end: UInt64?
        package var object: String?
        /// Up to then this life's part is complete; absent when nothing is proved of it.
        package var since: String?
    }

    /// One gateway's part.
    package struct Part: Sendable, Equatable, Encodable {
        package enum State: String, Sendable, Encodable {
            /// Its last life has not ended, as far as the zone knows.
            case running
            /// Every life of it has ended, and all that they acknowledged is there: it holds nothing back.
            case ended
        }

        package var gateway: String
        package var state: State
        package var complete_through: String?
    }

    package var through: Timestamp?
    package var heldBackBy: [Hold] = []
    package var gateways: [Part] = []
}
