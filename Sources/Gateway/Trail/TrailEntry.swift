/// One line of `_trail` before it is written: who did what to what, and why.
package struct TrailEntry: Sendable, Equatable {
    /// What an entry tells of. Stable: the lake matches on these words.
    package enum Action: String, Sendable, CaseIterable {
        case zoneHeld = "zone_held"
        case zoneReleased = "zone_released"
        case zoneAuto = "zone_auto"
        /// The gateway's own doing: a landing zone went from one state to another.
        case zoneChanged = "zone_changed"
        case producerAdded = "producer_added"
        case producerChanged = "producer_changed"
        case producerRevoked = "producer_revoked"
        case producerKeyAdded = "producer_key_added"
        case producerKeyRevoked = "producer_key_revoked"
        case operatorAdded = "operator_added"
        case operatorRevoked = "operator_revoked"
        case operatorKeyAdded = "operator_key_added"
        case operatorKeyRevoked = "operator_key_revoked"
        case loginFailed = "login_failed"
        case settingsReloaded = "settings_reloaded"
        /// A reload was asked for and the file was faulty.
        case reloadRefused = "reload_refused"
        /// What the entry before it ordered was not done.
        case notDone = "not_done"
        /// The head of the chain was lost, and a new chain begins.
        case trailRestarted = "trail_restarted"
    }

    package var action: Action
    package var actor: TrailActor
    /// What was acted on: a zone, a producer, an operator, a file.
    package var target: String?
    /// In the words of who did it.
    package var reason: String?
    package var before: [String: String]
    package var after: [String: String]

    package init(
        _ action: Action, by actor: TrailActor, on target: String? = nil, reason: String? = nil,
        before: [String: String] = [:], after: [String: String] = [:]
    ) {
        self.action = action
        self.actor = actor
        self.target = target
        self.reason = reason
        self.before = before
        self.after = after
    }
}

/// Who did something.
package struct TrailActor: Sendable, Equatable {
    /// An operator's name, or `gateway`.
    package var name: String
    package var role: String
    /// Which of the operator's keys; never the key.
    package var keyID: String?
    /// Where the request came from.
    package var address: String?

    package init(name: String, role: String, keyID: String? = nil, address: String? = nil) {
        self.name = name
        self.role = role
        self.keyID = keyID
        self.address = address
    }

    /// The gateway itself.
    package static let gateway = TrailActor(name: "gateway", role: "gateway")
}
