import Access
import Gateway
import Logging
import NIOCore
import NIOHTTP1

/// What every connection of one server shares.
struct ConnectionParts: Sendable {
    let registry: ConnectionRegistry
    let intake: any Intake
    let doorkeeper: any Doorkeeper
    let telemetry: DoorTelemetry
    let limits: EdgeLimits
    let logger: Logger

    /// Makes an accepted channel a connection of the server, or one that is turned away. On its event loop.
    func initialize(_ channel: any Channel) throws {
        guard registry.enter(channel) else {
            return try channel.pipeline.syncOperations.addHandler(TurnAwayHandler(limit: limits.connections))
        }
        var parsing = NIOHTTPDecoderLimitConfiguration()
        parsing.maxHeaderFieldSize = limits.headBytes
        parsing.maxHeaderListSize = limits.headBytes
        parsing.maxHeaderFieldCount = limits.headerCount
        let connection = ConnectionHandler(
            intake: intake, credentials: ConnectionCredentials(doorkeeper), limits: limits, telemetry: telemetry,
            logger: logger)
        let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: parsing)
        try channel.pipeline.syncOperations.addHandlers([
            WireMeter(connection: connection), ByteToMessageHandler(decoder), connection,
        ])
    }
}
