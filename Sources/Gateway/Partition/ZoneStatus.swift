package import Model

/// How a landing zone stands, for operators.
package struct ZoneStatus: Sendable {
    package var zone: ZoneName
    /// What the gateway acts on.
    package var state: PartitionControl.State
    package var observed: PartitionControl.State
    package var override: PartitionControl.Override
    /// Why it is in this state, and since when.
    package var reason: String
    package var since: Timestamp
    /// Of the last failure, while it matters.
    package var lastFailure: String?
    package var backlogSegments: Int
    package var backlogBytes: Int64
    /// When the oldest event arrived that has not landed yet.
    package var oldestArrival: Timestamp?
}
