import NIOCore

/// Stands before the parser: counts what comes in, for deadlines and limits that the parser can't see, and drops what
/// comes after the last answer of a connection.
final class WireMeter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connection: ConnectionHandler

    init(connection: ConnectionHandler) { self.connection = connection }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard connection.received(unwrapInboundIn(data)) else { return }
        context.fireChannelRead(data)
        connection.parsed()
    }
}
