import Gateway
import Model
import Telemetry

/// One stream's counters, resolved once.
struct StreamInstruments: Sendable {
    let bodyBytes: Counter
    private let accepted: Counter
    private let replayed: Counter
    private let eventsAccepted: Counter
    private let eventsQuarantined: Counter
    private let eventsRefused: Counter
    private let duration: Histogram

    init(_ telemetry: Telemetry, _ stream: StreamName) {
        let labels = [stream.rawValue]
        bodyBytes = telemetry.counter(.bodyBytes, labels)
        accepted = telemetry.counter(.batchesAccepted, labels)
        replayed = telemetry.counter(.batchesReplayed, labels)
        eventsAccepted = telemetry.counter(.eventsAccepted, labels)
        eventsQuarantined = telemetry.counter(.eventsQuarantined, labels)
        eventsRefused = telemetry.counter(.eventsRefused, labels)
        duration = telemetry.histogram(.requestDuration, labels)
    }

    /// Refused batches are counted where the problem is known.
    func note(_ outcome: BatchOutcome, took duration: Duration) {
        self.duration.record(duration)
        switch outcome {
        case .receipt(let receipt) where receipt.replayed: replayed.add()
        case .receipt(let receipt):
            accepted.add()
            eventsAccepted.add(receipt.accepted)
            eventsQuarantined.add(receipt.quarantined)
        case .refused(.invalidEvents(let received, _)): eventsRefused.add(received)
        case .refused: break
        }
    }
}

extension BatchOutcome {
    /// What a batch costs of its producer's quota of events: what was read and judged. A refusal that is not the
    /// producer's doing costs nothing.
    var chargedEvents: Int {
        switch self {
        case .receipt(let receipt): receipt.received
        case .refused(.invalidEvents(let received, _)): received
        case .refused: 0
        }
    }
}
