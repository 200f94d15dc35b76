package import Model

/// How one landing zone stands.
package struct ZoneStanding: Sendable, Equatable {
    package var name: ZoneName
    /// What the gateway acts on.
    package var state: PartitionControl.State
    /// What was seen of it, whatever operators have ordered.
    package var observed: PartitionControl.State
    package var mode: PartitionControl.Override
    /// When it came into this state.
    package var since: Timestamp
    /// Why it is in this state or mode, for people.
    package var reason: String
    /// Of the last failure, while it matters.
    package var lastFailure: String?
    /// `proved`, `unproved` or `broken`: whether it keeps to create-only.
    package var createOnly: String
    /// Streams that land here.
    package var streams: [StreamName]
    package var backlog: Backlog

    package init(
        _ status: ZoneStatus, createOnly: String, streams: [StreamName], backlog: Backlog
    ) {
        name = status.zone
        state = status.state
        observed = status.observed
        mode = status.override
        since = status.since
        reason = status.reason
        lastFailure = status.lastFailure
        self.createOnly = createOnly
        self.streams = streams
        self.backlog = backlog
    }
}

/// Why an operator's order to a zone was not carried out.
package enum SteeringRefusal: Error, Sendable {
    case unknownZone
    /// The order could not be made durable; the zone is as before.
    case notSaved(String)
}
