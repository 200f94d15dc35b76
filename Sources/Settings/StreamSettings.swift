package import Model
package import Payload

/// One stream as set.
package struct StreamSettings: Sendable {
    package let name: StreamName
    package let strong: Bool
    /// Where its events land; nil: in the first zone.
    package let zone: ZoneName?
    /// 0 to 9.
    package let priority: Int
    /// nil: no bound of its own.
    package let journalBudgetBytes: Int64?
    package let rules: StreamRules
    package let bodyMaxBytes: Int
    /// As written; what is not there has its default.
    let values: [String: String]

    init(name: StreamName, values: [String: String], required: [StreamRules.Requirement]) {
        func text(_ path: String) -> String? {
            values[path] ?? SettingsCatalogue.streamKeys.first { $0.path == path }?.standard
        }
        func number(_ path: String) -> Int {
            guard let value = text(path).flatMap(Int.init) else { preconditionFailure("\(path) has no number") }
            return value
        }
        self.name = name
        self.values = values
        strong = text("consistency") == "strong"
        zone = text("zone").flatMap { ZoneName($0) }
        priority = number("priority")
        let budget = number("journal_budget_bytes")
        journalBudgetBytes = budget == 0 ? nil : Int64(budget)
        bodyMaxBytes = number("body_max_bytes")
        var rules = StreamRules()
        rules.eventID = text("event_id")
        rules.eventTime = text("event_time")
        rules.required = required
        rules.objectsOnly = text("objects_only") == "true"
        rules.checkDuplicateMembers = text("check_duplicate_members") == "true"
        rules.maxDecodedBytes = number("decoded_max_bytes")
        rules.maxExpansion = number("expansion_max")
        rules.maxEvents = number("events_max")
        rules.maxEventBytes = number("event_max_bytes")
        rules.maxDepth = number("depth_max")
        rules.maxEventKeyBytes = number("event_key_max_bytes")
        self.rules = rules
    }
}
