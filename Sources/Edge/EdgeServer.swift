package import Access
package import Gateway
package import Logging
import NIOCore
import NIOPosix
package import Telemetry

/// The HTTP data plane: a listener and its connections, on event loops of its own.
package final class EdgeServer: Sendable {
    /// The port that is listened on, also when the configuration left it to the system.
    package let port: Int

    private let group: MultiThreadedEventLoopGroup
    private let listener: any Channel
    private let registry: ConnectionRegistry
    private let logger: Logger

    private init(
        port: Int, group: MultiThreadedEventLoopGroup, listener: any Channel, registry: ConnectionRegistry,
        logger: Logger
    ) {
        self.port = port
        self.group = group
        self.listener = listener
        self.registry = registry
        self.logger = logger
    }

    /// How many connections are open. Any thread.
    package var connectionCount: Int { registry.count }

    /// Binds and begins to accept. When it returns, connections are taken.
    ///
    /// The limit on connections must keep clear of the process's descriptors (``DescriptorBudget``). When there are none left all the same (EMFILE, ENFILE), NIO pauses accepting for a second and goes on.
    package static func start(
        configuration: EdgeConfiguration, intake: any Intake, doorkeeper: any Doorkeeper = OpenDoor(),
        telemetry: Telemetry = Telemetry(), onFailedLogin: @escaping @Sendable (_ address: String) -> Void = { _ in },
        logger: Logger
    ) async throws(EdgeError) -> EdgeServer {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, configuration.loops))
        let limits = configuration.limits
        let registry = ConnectionRegistry(limit: limits.connections)
        telemetry.addSource { [weak registry] in [Sample(.connections, [], Double(registry?.count ?? 0))] }
        let parts = ConnectionParts(
            registry: registry, intake: intake, doorkeeper: doorkeeper,
            telemetry: DoorTelemetry(telemetry, onFailedLogin: onFailedLogin), limits: limits, logger: logger)
        let listener = listening(configuration, group, parts)
        do {
            let channel = try await listener.bind(host: configuration.host, port: configuration.port).get()
            let port = channel.localAddress?.port ?? configuration.port
            logger.info("data plane listens", metadata: ["host": "\(configuration.host)", "port": "\(port)"])
            return EdgeServer(port: port, group: group, listener: channel, registry: registry, logger: logger)
        } catch {
            try? await group.shutdownGracefully()
            throw EdgeError(address: "\(configuration.host):\(configuration.port)", reason: "\(error)")
        }
    }

    private static func listening(
        _ configuration: EdgeConfiguration, _ group: MultiThreadedEventLoopGroup, _ parts: ConnectionParts
    ) -> ServerBootstrap {
        let (limit, margin) = (parts.limits.connections, configuration.margin)
        let round = margin / 4
        return ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Int32(configuration.backlog))
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.maxMessagesPerRead, value: UInt(round))
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        AcceptGate(limit: limit, margin: margin, round: round))
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.maxMessagesPerRead, value: UInt(ReceiveSize.head.reads))
            .childChannelOption(
                .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: ReceiveSize.head.bytes)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try parts.initialize(channel)
                }
            }
    }

    /// Stops: nothing more is accepted, idle connections close, requests that have begun are answered with
    /// `Connection: close`. What is still open after `deadline` is closed. Returns when all is closed. Called
    /// again, it returns at once.
    package func stop(deadline: Duration) async {
        guard let channels = registry.stop() else { return }
        try? await listener.close().get()
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(StopEvent()) }
        if !channels.isEmpty {
            let cut = listener.eventLoop.scheduleTask(in: TimeAmount(deadline)) {
                for channel in channels { channel.close(promise: nil) }
            }
            for channel in channels { try? await channel.closeFuture.get() }
            cut.cancel()
        }
        logger.info("data plane stopped", metadata: ["connections": "\(channels.count)"])
        try? await group.shutdownGracefully()
    }
}
