import Hummingbird
import Logging
import NIOCore

/// What the responder knows of a request beside the request.
struct ControlContext: InitializableFromSource, Sendable {
    /// The peer's IP address.
    let address: String
    let logger: Logger

    init(source: ApplicationRequestContextSource) {
        address = source.channel.remoteAddress?.ipAddress ?? "unknown"
        logger = source.logger
    }
}
