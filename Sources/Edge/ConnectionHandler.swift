import Access
import Gateway
import Logging
import Model
import NIOCore
import NIOHTTP1
import Telemetry

/// The shell of ``RequestStateMachine``: carries its actions out on one channel. All on the channel's event loop.
final class ConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let intake: any Intake
    let logger: Logger
    let limits: EdgeLimits
    let clock = SystemTime()
    let telemetry: DoorTelemetry
    private let inspector: RequestInspector

    var machine: RequestStateMachine
    var context: ChannelHandlerContext?
    /// This handler, for closures that run elsewhere and come back to the loop.
    var bound: NIOLoopBound<ConnectionHandler>?
    private var encoder = ResponseEncoder()
    private var pending = CircularBuffer<InboundPart>()
    private var pendingBytes = 0
    private var isFeeding = false
    private var isReadHeld = false
    private var isParserBroken = false
    private var isRequestOpen = false
    private var requestLine = RequestLineMeter()
    private var receiveSize: ReceiveSize?

    var body: BodyBuffer?
    var ticket: (any AdmissionTicket)?
    var admission: (any AdmissionRequest)?
    /// Tells a late grant from one that is still wanted.
    var admissionRound = 0
    var headArrivedAt = Timestamp(microseconds: 0)
    var headArrived = MonotonicInstant(nanoseconds: 0)
    var trace: TraceParent?
    private var timer: Scheduled<Void>?
    private var timerDue: MonotonicInstant?

    init(
        intake: any Intake, credentials: ConnectionCredentials, limits: EdgeLimits, telemetry: DoorTelemetry,
        logger: Logger
    ) {
        self.intake = intake
        self.limits = limits
        self.telemetry = telemetry
        self.logger = logger
        inspector = RequestInspector(
            limits: limits, producer: credentials.producer, charge: credentials.charge
        ) { intake.stream(named: $0) }
        machine = RequestStateMachine(limits: limits, now: clock.monotonic())
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        arm()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        bound = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        machine.closed()
        timer?.cancel()
        timer = nil
        giveUp()
        pending.removeAll()
        context.fireChannelInactive()
    }

    // MARK: Input

    /// Raw bytes, before the parser; false when they are to be dropped.
    func received(_ bytes: ByteBuffer) -> Bool {
        let now = clock.monotonic()
        if machine.isLingering {
            perform(machine.received(bytes: bytes.readableBytes, now: now))
            return false
        }
        guard !isParserBroken else { return false }
        if !isRequestOpen { requestLine.add(bytes.readableBytesView) }
        perform(machine.received(bytes: bytes.readableBytes, now: now))
        return true
    }

    /// The parser has seen what was received.
    func parsed() {
        perform(machine.parsed(now: clock.monotonic()))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isParserBroken else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            isRequestOpen = true
            take(.head(head))
        case .body(let buffer): take(.body(buffer))
        case .end:
            isRequestOpen = false
            requestLine = RequestLineMeter()
            take(.end)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? HTTPParserError {
            guard !isParserBroken else { return }
            isParserBroken = true
            take(part(for: error))
        } else if !(error is ByteToMessageDecoderError) {
            // The socket failed: there is nobody to answer.
            logger.debug("connection failed", metadata: ["error": "\(error)"])
            context.close(promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed: take(.closed(midRequest: isRequestOpen))
        case is StopEvent: perform(machine.stop())
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func read(context: ChannelHandlerContext) {
        guard machine.isLingering || machine.wantsInput && pending.isEmpty else {
            isReadHeld = true
            return
        }
        isReadHeld = false
        size(context.channel)
        context.read()
    }

    private func part(for error: HTTPParserError) -> InboundPart {
        switch error {
        case .invalidEOFState: return .closed(midRequest: true)
        case .headerOverflow where requestLine.bytes > limits.targetBytes:
            return .fault(.targetTooLong(limitBytes: limits.targetBytes))
        case .headerOverflow:
            return .fault(.headTooLarge(limitBytes: limits.headBytes, limitFields: limits.headerCount))
        case .invalidVersion: return .fault(.unsupportedVersion)
        case .invalidContentLength, .unexpectedContentLength:
            return .fault(.malformedRequest(detail: "The Content-Length is not valid."))
        case .invalidChunkSize: return .fault(.malformedRequest(detail: "A chunk's size is not valid."))
        case .invalidHeaderToken: return .fault(.malformedRequest(detail: "A header field is not valid."))
        case .invalidMethod, .invalidURL, .invalidConstant:
            return .fault(.malformedRequest(detail: "The request line is not valid."))
        default: return .fault(.malformedRequest(detail: "The request is not valid HTTP/1.1."))
        }
    }

    private func take(_ part: InboundPart) {
        if case .closed(let midRequest) = part, machine.isAwaitingAdmission {
            // Its body will never be whole: don't wait for room.
            if midRequest, !pending.contains(where: \.isEnd) { return perform(machine.inputClosed()) }
        }
        pending.append(part)
        pendingBytes += part.heldBytes
        guard pendingBytes <= limits.heldBytes else { return perform(.close) }
        feed()
    }

    /// Feeds parts while the machine takes them. Not re-entered: an answer flushed at once ends up in the same loop.
    func feed() {
        guard !isFeeding else { return }
        isFeeding = true
        while machine.wantsInput, let part = pending.popFirst() {
            pendingBytes -= part.heldBytes
            perform(action(for: part, now: clock.monotonic()), body: part)
        }
        isFeeding = false
        if machine.isLingering {
            pending.removeAll()
            pendingBytes = 0
        }
        guard isReadHeld, let context else { return }
        read(context: context)
    }

    private func action(for part: InboundPart, now: MonotonicInstant) -> RequestStateMachine.Action {
        switch part {
        case .head(let head):
            let (facts, verdict) = inspector.inspect(head)
            headArrivedAt = clock.now()
            headArrived = now
            trace = facts.trace
            return machine.head(facts, verdict, now: now) { $0.response { intake.readiness() } }
        case .body(let buffer): return machine.body(bytes: buffer.readableBytes, now: now)
        case .end: return machine.end(now: now)
        case .fault(let fault): return machine.fault(fault, now: now)
        case .closed: return machine.inputClosed()
        }
    }

    private func size(_ channel: any Channel) {
        let wanted = ReceiveSize(bodyRemaining: machine.bodyRemaining)
        guard wanted != receiveSize, let options = channel.syncOptions else { return }
        receiveSize = wanted
        // A socket channel has both options; were it to lack one, the old size would stay.
        try? options.setOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: wanted.bytes))
        try? options.setOption(.maxMessagesPerRead, value: UInt(wanted.reads))
    }

    // MARK: Output and time

    func write(_ response: Response, _ facts: RequestFacts, keepAlive: Bool) {
        guard let context, let bound else { return }
        var buffer = context.channel.allocator.buffer(capacity: 512 + response.body.count)
        encoder.encode(response, facts: facts, keepAlive: keepAlive, now: clock.now(), into: &buffer)
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.whenComplete { result in
            let handler = bound.value
            if case .success = result {
                handler.releaseTicket()
                handler.perform(handler.machine.flushed(now: handler.clock.monotonic()))
            } else {
                handler.perform(.close)
            }
        }
        context.writeAndFlush(wrapOutboundOut(buffer), promise: promise)
    }

    /// Sees to it that a timer fires at or before the machine's deadline. A timer that fires early is set again; so
    /// keep-alive requests cost no timer each.
    func arm() {
        guard let context, let bound, let due = machine.deadline else { return }
        if let timerDue, timerDue <= due { return }
        timer?.cancel()
        timerDue = due
        let wait = max(.zero, due - clock.monotonic())
        timer = context.eventLoop.scheduleTask(in: TimeAmount(wait)) {
            let handler = bound.value
            handler.timerDue = nil
            handler.perform(handler.machine.expired(now: handler.clock.monotonic()))
        }
    }
}
