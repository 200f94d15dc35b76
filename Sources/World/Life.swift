import Files
import Gateway
import Model
import Payload
import Simulation

/// One life of a gateway's process.
final class Life: @unchecked Sendable {
    // SAFETY: a world runs on one thread.
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

    var status: ZoneStatus { gateway.zoneStatus[0] }
    var isPartitioned: Bool { status.state == .partitioned }

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
                receivedAt: clock.now(), deadline: clock.monotonic() + .seconds(30), consistency: consistency)
        ) { [steps] outcome in
            // The reply goes out a moment later, if the process still lives then.
            steps.later { reply(outcome) }
        }
    }
}
