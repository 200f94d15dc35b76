import NIOCore

/// Stands in the listener's pipeline and stops accepting while more connections are open than the limit and a margin.
///
/// Up to the margin, one too many is told so with 503; beyond it (a flood), connections wait in the kernel's backlog
/// rather than take descriptors. On the listener's event loop.
final class AcceptGate: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = any Channel

    private let ceiling: Int
    private var open = 0
    private var isHeld = false

    /// - Parameters:
    ///   - margin: open connections beyond the limit that may be turned away at one time, those of one accepting round included.
    ///   - round: connections that are accepted at once, at most.
    init(limit: Int, margin: Int, round: Int) { ceiling = limit + margin - round }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        open += 1
        let bound = NIOLoopBound((gate: self, context: context), eventLoop: context.eventLoop)
        unwrapInboundIn(data).closeFuture.whenComplete { _ in
            bound.eventLoop.execute { bound.value.gate.left(bound.value.context) }
        }
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        guard open < ceiling else {
            isHeld = true
            return
        }
        context.read()
    }

    func handlerRemoved(context: ChannelHandlerContext) { isHeld = false }

    private func left(_ context: ChannelHandlerContext) {
        open -= 1
        guard isHeld, open < ceiling else { return }
        isHeld = false
        context.read()
    }
}
