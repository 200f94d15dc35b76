import Model

extension TrailEntry {
    /// What the gateway itself saw of a landing zone. Operators' orders are written before they are carried out, so a
    /// change that an order made gives no second line: `nil`.
    init?(_ change: ZoneChange) {
        guard case .observed(let from, let to) = change.what else { return nil }
        self.init(
            .zoneChanged, by: .gateway, on: change.zone.rawValue, reason: change.reason,
            before: ["state": from.rawValue], after: ["state": to.rawValue])
    }
}
