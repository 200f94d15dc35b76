package import Model

/// Something that happened to a landing zone's mode, for the log and the trail.
package struct ZoneChange: Sendable, Equatable {
    package enum What: Sendable, Equatable {
        /// What was observed of it changed.
        case observed(from: PartitionControl.State, to: PartitionControl.State)
        /// An operator set it, also to what it was before.
        case overridden(from: PartitionControl.Override, to: PartitionControl.Override)
    }

    package var zone: ZoneName
    package var what: What
    /// `gateway`, or the operator.
    package var by: String
    package var reason: String
    package var at: Timestamp
}
