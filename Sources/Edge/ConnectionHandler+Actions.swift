import Access
import Gateway
import Logging
import Model
import NIOCore
import Telemetry

extension ConnectionHandler {
    /// Carries one action out; `part` is what led to it.
    func perform(_ action: RequestStateMachine.Action, body part: InboundPart? = nil) {
        switch action {
        case .none: break
        case .admit(let bytes): admit(bytes)
        case .readBody(let capacity, let sendContinue): readBody(capacity, sendContinue: sendContinue)
        case .append:
            if case .body(let buffer) = part { buffer.withUnsafeReadableBytes { body?.append($0) } }
        case .submit(let request): submit(request)
        case .lookUp(let query): lookUp(query)
        case .answer(let response, let facts, let keepAlive):
            giveUp()
            note(response, facts)
            write(response, facts, keepAlive: keepAlive)
        case .next: feed()
        case .linger: linger()
        case .close:
            machine.closed()
            giveUp()
            context?.close(promise: nil)
        }
        arm()
    }

    /// Drops what is held for a request that goes no further. The room of a submitted one is released with its answer.
    func giveUp() {
        admission?.cancel()
        admission = nil
        admissionRound += 1
        body = nil
        if !machine.isAnswering { releaseTicket() }
    }

    func releaseTicket() {
        ticket?.release()
        ticket = nil
    }

    private func admit(_ bytes: Int) {
        guard let bound, let channel = context?.channel else { return }
        admissionRound += 1
        let round = admissionRound
        let request = intake.admit(bytes: bytes) { ticket in
            if bound.eventLoop.inEventLoop {
                bound.value.granted(ticket, round: round)
            } else if !channel.isActive {
                // The loop itself may be gone.
                ticket.release()
            } else {
                bound.eventLoop.execute { bound.value.granted(ticket, round: round) }
            }
        }
        if machine.isAwaitingAdmission, round == admissionRound { admission = request }
    }

    private func granted(_ ticket: any AdmissionTicket, round: Int) {
        guard round == admissionRound, machine.isAwaitingAdmission else { return ticket.release() }
        self.ticket = ticket
        admission = nil
        perform(machine.granted(now: clock.monotonic()))
        feed()
    }

    private func readBody(_ capacity: Int, sendContinue: Bool) {
        body = BodyBuffer(capacity: capacity)
        guard sendContinue, let context else { return }
        var line = context.channel.allocator.buffer(capacity: 32)
        line.writeStaticString(ResponseEncoder.continueLine)
        context.writeAndFlush(wrapOutboundOut(line), promise: nil)
    }

    private func submit(_ request: EventsRequest) {
        guard let bound, let body, let channel = context?.channel else { return }
        self.body = nil
        // The room belongs to the batch until its answer: the body lives that long, even when the peer does not.
        let ticket = self.ticket
        self.ticket = nil
        let batch = BatchRequest(
            stream: request.stream, producer: request.pass.name.rawValue, idempotencyKey: request.idempotencyKey,
            format: request.format, coding: request.coding, body: body, receivedAt: headArrivedAt,
            deadline: clock.monotonic() + limits.requestTimeout, consistency: request.consistency,
            bodyDone: { ticket?.release() })
        let instruments = telemetry.instruments(of: request.stream)
        instruments.bodyBytes.add(body.count)
        if machine.isChunked { request.pass.meter?.spend(bytes: body.count, now: clock.monotonic()) }
        let began = headArrived
        intake.submit(batch) { [clock] outcome in
            // Here, so that it counts even when the peer has gone.
            let now = clock.monotonic()
            instruments.note(outcome, took: now - began)
            request.pass.meter?.spend(events: outcome.chargedEvents, now: now)
            if bound.eventLoop.inEventLoop {
                bound.value.finish(outcome, request.pass, ticket)
            } else if !channel.isActive {
                ticket?.release()
            } else {
                bound.eventLoop.execute { bound.value.finish(outcome, request.pass, ticket) }
            }
        }
    }

    private func lookUp(_ query: ReceiptQuery) {
        guard let bound, let channel = context?.channel else { return }
        let request = ReceiptRequest(
            stream: query.stream, producer: query.producer, batchKey: query.batchKey,
            deadline: clock.monotonic() + limits.requestTimeout)
        intake.receipt(request) { outcome in
            if bound.eventLoop.inEventLoop {
                bound.value.found(outcome)
            } else if channel.isActive {
                bound.eventLoop.execute { bound.value.found(outcome) }
            }
        }
    }

    private func found(_ outcome: BatchOutcome) {
        guard machine.isProcessing else { return }
        perform(machine.answered(Response(found: outcome), now: clock.monotonic()))
        feed()
    }

    private func finish(_ outcome: BatchOutcome, _ pass: ProducerPass, _ ticket: (any AdmissionTicket)?) {
        guard machine.isProcessing else {
            ticket?.release()
            return
        }
        self.ticket = ticket
        var response = Response(outcome)
        if let meter = pass.meter {
            response.headers += RateLimitFields.headers(meter.standing(now: clock.monotonic()))
        }
        perform(machine.answered(response, now: clock.monotonic()))
        feed()
    }

    /// Half-closes, so that the peer sees the end of the answer while its own bytes are still taken; closing at once
    /// would send a reset that can destroy the answer on its way (RFC 9112, 9.6).
    private func linger() {
        guard let context else { return }
        let channel = context.channel
        context.close(mode: .output).whenFailure { _ in channel.close(promise: nil) }
        feed()
    }

    private func note(_ response: Response, _ facts: RequestFacts) {
        guard let problem = response.problem else { return }
        telemetry.refused(facts.stream, problem)
        if problem == .unauthorized {
            telemetry.loginFailed(from: context?.channel.remoteAddress?.ipAddress ?? "unknown")
        }
        var metadata: Logger.Metadata = ["problem": "\(problem.slug)", "status": "\(response.status)"]
        if let trace { metadata["trace_id"] = "\(trace.traceID)" }
        logger.log(level: response.status >= 500 ? .warning : .debug, "request refused", metadata: metadata)
    }
}
