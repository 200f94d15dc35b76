import Access
import Gateway
import Logging

/// What every connection of one server shares.
struct ConnectionParts: Sendable {
    let registry: ConnectionRegistry
    let intake: any Intake
    let doorkeeper: any Doorkeeper
    let telemetry: DoorTelemetry
    let limits: EdgeLimits
    let logger: Logger
}
