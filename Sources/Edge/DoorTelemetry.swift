import Gateway
import Model
import NIOConcurrencyHelpers
import Telemetry

/// What the door counts. Any thread.
final class DoorTelemetry: Sendable {
    private let telemetry: Telemetry
    private let onFailedLogin: @Sendable (_ address: String) -> Void
    private let failedLogins: Counter
    private let streams = NIOLockedValueBox<[StreamName: StreamInstruments]>([:])

    init(_ telemetry: Telemetry, onFailedLogin: @escaping @Sendable (_ address: String) -> Void) {
        self.telemetry = telemetry
        self.onFailedLogin = onFailedLogin
        failedLogins = telemetry.counter(.failedLogins, ["data"])
    }

    /// The stream must be one of the gateway's: its name becomes a label.
    func instruments(of stream: StreamName) -> StreamInstruments {
        streams.withLockedValue { streams in
            if let known = streams[stream] { return known }
            let made = StreamInstruments(telemetry, stream)
            streams[stream] = made
            return made
        }
    }

    func refused(_ stream: StreamName?, _ problem: ProblemType) {
        telemetry.counter(.batchesRefused, [stream?.rawValue ?? "", problem.slug]).add()
    }

    func loginFailed(from address: String) {
        failedLogins.add()
        onFailedLogin(address)
    }
}
