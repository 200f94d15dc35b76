/// The answer to a scenario.
package struct ScenarioReport: Encodable, Sendable {
    package struct Stream: Encodable, Sendable {
        package var stream = ""
        package var consistency = ""
        package var events_offered = 0.0
        package var events_accepted = 0.0
        /// With 503 and `Retry-After`; producers keep them. That they come again is not modelled.
        package var events_refused = 0.0
        package var first_refused_at_minute: Double?
        package var backlog_bytes_max: Int64 = 0
        /// Longest time from an event's arrival until it and all before it had landed.
        package var complete_lag_seconds_max = 0.0
        /// Greatest age of the newest landed event.
        package var freshness_seconds_max = 0.0
    }

    package struct Transition: Encodable, Sendable {
        package var minute: Double
        package var from: String
        package var to: String
        package var reason: String
    }

    /// At the end of a minute, and of the scenario.
    package struct Sample: Encodable, Sendable {
        package var minute: Double
        package var state: String
        package var backlog_bytes: [String: Int64] = [:]
        package var events_refused: [String: Double] = [:]
        package var complete_lag_seconds: [String: Double] = [:]
        package var freshness_seconds: [String: Double] = [:]
    }

    package enum Outage: String, Encodable, Sendable { case none, over, lasting }

    package var region: String
    package var minutes: Double
    package var journal_budget_bytes: Int64?
    package var streams: [Stream] = []
    package var transitions: [Transition] = []
    package var outage: Outage
    /// From the end of the last cut or hold until the zone was connected and all that had waited by then had landed; `nil` when
    /// it has not within the scenario.
    package var drained_after_minutes: Double?
    /// From there until nothing that waited was older than twice the age at which a segment is sealed.
    package var caught_up_after_minutes: Double?
    /// At the end of the scenario something that waited was older than that.
    package var behind_at_end = false
    package var samples: [Sample] = []
    /// When there was no landing zone: first and last minute.
    package var outages: [[Double]]

    init(_ scenario: Scenario) {
        region = scenario.region
        minutes = scenario.lasts / .seconds(60)
        journal_budget_bytes = scenario.journalBudgetBytes
        outage = scenario.outageEnd != nil ? .over : scenario.cuts.isEmpty && scenario.holds.isEmpty ? .none : .lasting
        outages = (scenario.cuts + scenario.holds).map {
            [$0.at / .seconds(60), $0.end / .seconds(60)]
        }
    }
}
