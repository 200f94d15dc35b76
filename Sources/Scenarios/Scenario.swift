package import Gateway
package import Model

/// A question about one region: so much comes in, the link carries so much, and is cut then and for so long.
package struct Scenario: Sendable {
    package struct Stream: Sendable {
        package var name: StreamName
        package var consistency = Consistency.available
        /// 0 to 9; the lowest refuse first when the journals are full. Default 5.
        package var priority = 5
        package var eventsPerSecond = 0.0
        /// Of one event as it comes in.
        package var eventBytes = 2090.0
        /// How many times smaller it is in the journal and in the landing zone. Default 10.
        package var compression = 10.0
        /// Events of one request. Default 500.
        package var batchEvents = 500.0

        var bodyBytes: Int64 { Int64(batchEvents * eventBytes) }
        var landedBytes: Int64 { max(1, Int64(batchEvents * eventBytes / compression)) }
    }

    /// A part of the time, from the beginning.
    package struct Span: Sendable {
        package var at: Duration
        package var lasts: Duration
    }

    package var region = "region"
    /// How long to look. Default 6 h.
    package var lasts: Duration = .seconds(6 * 3600)
    /// What all journals together may hold; `nil` for no bound.
    package var journalBudgetBytes: Int64?
    package var segmentMaxBytes: Int64 = 64 << 20
    package var segmentMaxAge: Duration = .seconds(10)
    package var landing = LandingSchedule.Configuration()
    package var partition = PartitionControl.Configuration()
    /// What the link to the landing zone carries. Default 125 MB/s, a gigabit.
    package var linkBytesPerSecond = 125_000_000.0
    /// From a request to its answer. Default 60 ms.
    package var roundTrip: Duration = .milliseconds(60)
    package var streams: [Stream] = []
    package var cuts: [Span] = []
    package var holds: [Span] = []
}
