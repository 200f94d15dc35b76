import Model
import NIOCore

/// Answers a connection that is one too many with 503, and closes it.
final class TurnAwayHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let limit: Int

    init(limit: Int) { self.limit = limit }

    func channelActive(context: ChannelHandlerContext) {
        var encoder = ResponseEncoder()
        var buffer = context.channel.allocator.buffer(capacity: 512)
        encoder.encode(
            Problem(.tooManyConnections(limit: limit)).response, facts: RequestFacts(), keepAlive: false,
            now: SystemTime().now(), into: &buffer)
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(buffer)).whenComplete { _ in channel.close(promise: nil) }
    }
}
