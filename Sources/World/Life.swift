import Files
import Gateway
import Model
import Payload
import Simulation

/// One life of a gateway's process.
final class Life: @unchecked Sendable {
    // SAFETY: a world is one task, and nothing of it runs beside another part.
    typealias SimulatedGateway = Gateway<SimulatedFileSystem, LinkedStore, SimulatedTime>

    let gateway: SimulatedGateway
    let steps: LifeSteps
    let clock: SimulatedTime

    init(_ gateway: SimulatedGateway, _ steps: LifeSteps, _ clock: SimulatedTime) {
        self.gateway = gateway
        self.steps = steps
        self.clock = clock
    }

    /// Nothing of it goes on.
    func end() {
        steps.end()
        gateway.abandon()
    }

    func status(_ zone: ZoneName) -> ZoneStatus { gateway.zoneStatus.first { $0.zone == zone }! }

    /// Segments that wait for landing, oldest first within a stream.
    var sealed: [(stream: StreamName, object: String)] {
        gateway.segments(of: nil, limit: .max).compactMap { segment in segment.object.map { (segment.stream, $0) } }
    }

    /// What a request states: by then it is answered, whatever the answer.
    static let patience = Duration.seconds(30)

    func submit(
        _ text: String, key: String, stream: StreamName, _ consistency: Consistency,
        completion: @escaping @Sendable (BatchOutcome) -> Void
    ) {
        let body = BodyBuffer(capacity: text.utf8.count)
        var text = text
        text.withUTF8 { body.append(UnsafeRawBufferPointer($0)) }
        let reply = steps.whileAlive(completion)
        gateway.submit(
            BatchRequest(
                stream: stream, producer: "world", idempotencyKey: key, format: .ndjson, coding: .identity, body: body,
                receivedAt: clock.now(), deadline: clock.monotonic() + Life.patience, consistency: consistency)
        ) { [steps] outcome in
            // The reply goes out a moment later, if the process still lives then.
            steps.later { reply(outcome) }
        }
    }
}
