import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// The control plane: a listener of its own on a thread of its own, so that operators get through when producers flood
/// the data plane.
package final class ControlServer: Sendable {
    /// The port that is listened on, also when the configuration left it to the system.
    package let port: Int
    /// Every target, as method and path; what the OpenAPI document is held to.
    package let targets: [String]

    private let services: ServiceGroup
    private let running: Task<Void, Never>
    private let feed: EventFeed
    private let group: MultiThreadedEventLoopGroup

    private init(
        port: Int, targets: [String], services: ServiceGroup, running: Task<Void, Never>, feed: EventFeed,
        group: MultiThreadedEventLoopGroup
    ) {
        self.port = port
        self.targets = targets
        self.services = services
        self.running = running
        self.feed = feed
        self.group = group
    }

    /// Binds and begins to answer. When it returns, connections are taken.
    package static func start(
        configuration: ControlConfiguration, parts: ControlParts, logger: Logger
    ) async throws(ControlError) -> ControlServer {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let table = RouteTable(parts)
        let feed = EventFeed(parts.gateway)
        // What the library has to say of single connections is for debugging.
        var quiet = logger
        if quiet.logLevel < .error, quiet.logLevel > .debug { quiet.logLevel = .error }
        let (ports, bound) = AsyncStream<Int>.makeStream()
        let application = Application(
            responder: ControlResponder(table: table, parts: parts, configuration: configuration, feed: feed),
            server: .http1(
                configuration: .init(
                    idleTimeout: .seconds(60),
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 100))),
            configuration: .init(
                address: .hostname(configuration.host, port: configuration.port),
                availableConnectionsDelegate: MaximumAvailableConnections(configuration.connectionsMax)),
            onServerRunning: { channel in bound.yield(channel.localAddress?.port ?? configuration.port) },
            eventLoopGroupProvider: .shared(group), logger: quiet)
        let services = ServiceGroup(configuration: .init(services: [application], logger: quiet))
        let failure = Mutex<String?>(nil)
        let running = Task {
            do { try await services.run() } catch { failure.withLock { $0 = "\(error)" } }
            bound.finish()
        }
        var iterator = ports.makeAsyncIterator()
        guard let port = await iterator.next() else {
            try? await group.shutdownGracefully()
            throw ControlError(
                address: "\(configuration.host):\(configuration.port)", reason: failure.withLock { $0 } ?? "it ended")
        }
        logger.info("control plane listens", metadata: ["host": "\(configuration.host)", "port": "\(port)"])
        let targets = table.routes.map(\.target)
        return ControlServer(
            port: port, targets: targets, services: services, running: running, feed: feed, group: group)
    }

    /// Stops: nothing more is accepted, what has begun is answered, feeds end. Returns when all is closed.
    package func stop() async {
        feed.stop()
        await services.triggerGracefulShutdown()
        await running.value
        try? await group.shutdownGracefully()
    }
}
