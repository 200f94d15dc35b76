package import Gateway
package import Model

/// A question about one region: so much comes in, the link carries so much, and is cut then and for so long. Read from a file by
/// ``ScenarioReader``; ``ScenarioCatalogue`` has bounds and defaults.
package struct Scenario: Sendable {
    package struct Stream: Sendable {
        package var name: StreamName
        package var consistency: Consistency
        /// 0 to 9; the lowest refuse first when the journals are full.
        package var priority: Int
        /// What its own journal may hold; `nil` for no bound of its own.
        package var journalBudgetBytes: Int64?
        package var eventsPerSecond: Double
        /// Of one event as it comes in.
        package var eventBytes: Double
        /// How many times smaller it is in the journal and in the landing zone.
        package var compression: Double
        /// Events of one request.
        package var batchEvents: Double

        var bodyBytes: Int64 { Int64(batchEvents * eventBytes) }
        var landedBytes: Int64 { max(1, Int64(batchEvents * eventBytes / compression)) }
    }

    /// A part of the time, from the beginning.
    package struct Span: Sendable {
        package var at: Duration
        package var lasts: Duration

        var end: Duration { at + lasts }
    }

    package var region: String
    /// How long to look.
    package var lasts: Duration
    /// What all journals together may hold; `nil` for no bound.
    package var journalBudgetBytes: Int64?
    package var segmentMaxBytes: Int64
    package var segmentMaxAge: Duration
    package var landing: LandingSchedule.Configuration
    package var partition: PartitionControl.Configuration
    /// What the link to the landing zone carries.
    package var linkBytesPerSecond: Double
    /// From a request to its answer.
    package var roundTrip: Duration
    package var streams: [Stream]
    /// When nothing passes.
    package var cuts: [Span]
    /// When an operator has the gateway act as if cut off.
    package var holds: [Span]

    /// When the last of them ends; `nil` without any, and where that is not within the scenario.
    var outageEnd: Duration? {
        (cuts + holds).map(\.end).max().flatMap { $0 < lasts ? $0 : nil }
    }
}
