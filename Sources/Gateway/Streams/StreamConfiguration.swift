package import Model
package import Payload

/// What a stream prefers when the landing zone can't be reached.
package enum Consistency: String, Sendable, CaseIterable {
    /// Keeps accepting into the journal; acknowledged once journaled.
    case available
    /// Acknowledged only once in the landing zone; refuses rather than promise.
    case strong
}

/// One stream's settings.
package struct StreamConfiguration: Sendable {
    package var name: StreamName
    package var consistency: Consistency
    package var rules: StreamRules
    /// Where its events land.
    package var zone: ZoneName
    /// Of the journals' room.
    package var share = JournalBudget.Share()
    /// Bytes of a body on the wire. Default 10 MiB.
    package var maxBodyBytes: Int

    package init(
        name: StreamName, consistency: Consistency, rules: StreamRules, zone: ZoneName = .main,
        maxBodyBytes: Int = 10 << 20
    ) {
        self.name = name
        self.zone = zone
        self.consistency = consistency
        self.rules = rules
        self.maxBodyBytes = maxBodyBytes
        if consistency == .strong { self.rules.checkDuplicateMembers = true }
    }
}
