package import Model

/// How the gateway stands at one moment: a value for the control plane to show. It holds no reference into the gateway.
package struct GatewayStatus: Sendable {
    package struct Stream: Sendable {
        package var name: StreamName
        package var consistency: Consistency
        package var zone: ZoneName
        /// Written by the gateway itself, or no longer in the settings: takes no batches.
        package var takesBatches: Bool
        /// Events journaled by this life of the gateway; 0 on strong streams.
        package var eventsJournaled: UInt64
        package var backlog: Backlog
        /// Landing is stopped: other bytes hold the next object's name.
        package var stopped: Bool
        /// How far back a repeated batch is recognised now.
        package var idempotencyWindow: Duration
        package var batchesRemembered: Int
    }

    package var gateway: GatewayName
    package var incarnation: Incarnation
    package var version: String
    package var startedAt: Timestamp
    package var now: Timestamp
    package var readiness: Readiness
    package var inFlightBytes: Int
    package var requests: Int
    package var streams: [Stream]
    package var zones: [ZoneStanding]
    package var freeBytes: Int64?
}

/// A segment in the journal.
package struct SegmentStatus: Sendable {
    package enum State: String, Sendable {
        /// Still being written.
        case open
        case sealed
    }
    package var stream: StreamName
    package var state: State
    package var incarnation: Incarnation
    /// `nil` while it is open.
    package var object: String?
    package var backlog: Backlog
    package var range: SequenceRange?
    package var sha256: String?
}

/// What is known of one batch.
package enum BatchFate: Sendable {
    case known(Receipt)
    /// Not taken here within the window, or the window is over.
    case unknown
    /// The landing zone had to be asked and did not answer.
    case undetermined(String)
}
