/// What became of batches that were sent again.
package struct PostReport: Encodable, Sendable {
    package var dry_run: Bool
    package var batches = 0
    package var events = 0
    /// Batches that the gateway took as new, and the events that it accepted and quarantined of them.
    package var taken = 0
    package var events_accepted = 0
    /// Beyond the placeholders for what had been refused the first time.
    package var events_quarantined = 0
    package var placeholders = 0
    /// Batches that the gateway knew.
    package var already_known = 0
    package var tally = ReplayTally()

    init(dry_run: Bool) { self.dry_run = dry_run }

    package var text: String {
        "\(batches) batches with \(events) events of \(tally.objects) objects: "
            + (dry_run ? "nothing sent" : "\(taken) taken, \(already_known) already known")
            + (events_quarantined > 0 ? ", \(events_quarantined) events quarantined" : "")
            + ", \(tally.problems) problems"
    }
}
