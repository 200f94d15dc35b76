import Access
import Model
import Testing

@testable import Edge

@Suite("The request state machine") struct RequestStateMachineTests {
    private static func at(_ milliseconds: Int64) -> MonotonicInstant { .init(nanoseconds: milliseconds * 1_000_000) }
    private let page = Response(status: 200, contentType: .text, body: [])

    private func machine(_ change: (inout EdgeLimits) -> Void = { _ in }) -> RequestStateMachine {
        var limits = EdgeLimits()
        change(&limits)
        return RequestStateMachine(limits: limits, now: Self.at(0))
    }

    private func facts(_ framing: BodyFraming, expects: Bool = false) -> RequestFacts {
        RequestFacts(keepAlive: true, framing: framing, expectsContinue: expects)
    }

    private var events: RequestVerdict {
        .events(
            EventsRequest(
                pass: .anonymous, stream: StreamName("a")!, idempotencyKey: nil, format: .json, coding: .identity,
                maxBodyBytes: 1000))
    }

    /// A machine in the middle of a body.
    private func inBody(
        _ framing: BodyFraming = .length(100), _ change: (inout EdgeLimits) -> Void = { _ in }
    ) -> RequestStateMachine {
        var machine = machine(change)
        _ = machine.head(facts(framing), events, now: Self.at(0)) { _ in page }
        _ = machine.granted(now: Self.at(0))
        return machine
    }

    @Test(
        "a request goes from head to room, body, processing, answer and back to idle, and takes input in between only")
    func wholeLife() {
        var machine = machine()
        #expect(machine.wantsInput)
        guard case .admit(100) = machine.head(facts(.length(100)), events, now: Self.at(1), render: { _ in page })
        else {
            Issue.record("no room was asked for")
            return
        }
        #expect(!machine.wantsInput)
        guard case .readBody(100, false) = machine.granted(now: Self.at(2)) else {
            Issue.record("the body is not read")
            return
        }
        #expect(machine.wantsInput)
        #expect(machine.bodyRemaining == 100)
        guard case .append = machine.body(bytes: 100, now: Self.at(3)) else {
            Issue.record("the part is not taken")
            return
        }
        #expect(machine.bodyRemaining == 0)
        guard case .submit = machine.end(now: Self.at(3)) else {
            Issue.record("the body is not handed over")
            return
        }
        #expect(!machine.wantsInput)
        #expect(machine.deadline == nil)
        guard case .answer(_, _, true) = machine.answered(page, now: Self.at(4)) else {
            Issue.record("there is no answer")
            return
        }
        #expect(!machine.wantsInput)
        guard case .next = machine.flushed(now: Self.at(5)) else {
            Issue.record("the connection does not go on")
            return
        }
        #expect(machine.wantsInput)
        #expect(machine.deadline == Self.at(75_005))
    }

    @Test("100 Continue is asked for only after room was granted")
    func expectation() {
        var machine = machine()
        _ = machine.head(facts(.length(9), expects: true), events, now: Self.at(0)) { _ in page }
        guard case .readBody(9, true) = machine.granted(now: Self.at(0)) else {
            Issue.record("no 100 Continue")
            return
        }
    }

    @Test("a small refused body is dropped and the connection goes on; one byte more, and it ends", arguments: [0, 1])
    func discarding(over: Int) {
        var machine = machine { $0.discardBytes = 50 }
        let action = machine.head(facts(.length(50 + over)), .fault(.notFound), now: Self.at(0)) { _ in page }
        guard case .answer(let response, _, let keepAlive) = action else {
            Issue.record("there is no answer")
            return
        }
        #expect(response.status == 404)
        #expect(keepAlive == (over == 0))
        #expect(machine.wantsInput == (over == 0))
        let flushed = machine.flushed(now: Self.at(1))
        if over == 0 {
            guard case .none = flushed, case .next = machine.end(now: Self.at(2)) else {
                Issue.record("the connection does not go on")
                return
            }
        } else {
            guard case .linger = flushed else {
                Issue.record("the connection does not linger")
                return
            }
            #expect(machine.deadline == Self.at(2001))
        }
    }

    @Test("a chunked body at the stream's limit passes, one byte more is 413")
    func bodyLimit() {
        var machine = inBody(.chunked)
        guard case .append = machine.body(bytes: 1000, now: Self.at(1)) else {
            Issue.record("the limit itself is refused")
            return
        }
        guard case .answer(let response, _, false) = machine.body(bytes: 1, now: Self.at(1)) else {
            Issue.record("the limit is not kept")
            return
        }
        #expect(response.status == 413)
    }

    @Test("a body's deadline: the grace, then what its rate has earned, and never beyond the absolute one")
    func bodyDeadline() {
        var machine = inBody(.length(1_000_000)) { $0.bodyBytesPerSecond = 10 }
        #expect(machine.deadline == Self.at(10_000))
        _ = machine.body(bytes: 150, now: Self.at(1))
        #expect(machine.deadline == Self.at(15_000))
        _ = machine.body(bytes: 800, now: Self.at(2))
        #expect(machine.deadline == Self.at(60_000))
        guard case .none = machine.expired(now: Self.at(59_999)) else {
            Issue.record("cut before its deadline")
            return
        }
        guard case .answer(let response, _, false) = machine.expired(now: Self.at(60_000)) else {
            Issue.record("not cut at its deadline")
            return
        }
        #expect(response.status == 408)
    }

    @Test("an unsaid head is closed without a word, a begun one gets 408, each at its deadline and not before")
    func headDeadline() {
        var silent = machine()
        guard case .none = silent.expired(now: Self.at(9_999)), case .close = silent.expired(now: Self.at(10_000))
        else {
            Issue.record("a silent connection is not closed at its deadline")
            return
        }
        var begun = machine()
        _ = begun.received(bytes: 1, now: Self.at(9_000))
        guard case .answer(let response, _, false) = begun.expired(now: Self.at(10_000)) else {
            Issue.record("a begun head is not cut")
            return
        }
        #expect(response.status == 408)
    }

    @Test("after the first request, the head's deadline begins with its first byte")
    func secondHead() {
        var machine = inBody(.length(0))
        _ = machine.end(now: Self.at(0))
        _ = machine.answered(page, now: Self.at(0))
        _ = machine.flushed(now: Self.at(1_000))
        #expect(machine.deadline == Self.at(76_000))
        _ = machine.received(bytes: 1, now: Self.at(50_000))
        #expect(machine.deadline == Self.at(60_000))
        _ = machine.received(bytes: 1, now: Self.at(59_000))
        #expect(machine.deadline == Self.at(60_000))
    }

    @Test("an answer that the peer does not take is given up after the write stall")
    func writeStall() {
        var machine = inBody(.length(0))
        _ = machine.end(now: Self.at(0))
        _ = machine.answered(page, now: Self.at(1_000))
        guard case .none = machine.expired(now: Self.at(30_999)), case .close = machine.expired(now: Self.at(31_000))
        else {
            Issue.record("a stalled answer is kept")
            return
        }
    }

    @Test("stopping: what is processed ends with Connection: close, what is idle is closed")
    func stopping() {
        var busy = inBody(.length(0))
        _ = busy.end(now: Self.at(0))
        guard case .none = busy.stop(), case .answer(_, _, false) = busy.answered(page, now: Self.at(1)),
            case .close = busy.flushed(now: Self.at(2))
        else {
            Issue.record("a busy connection did not end in order")
            return
        }
        var fresh = machine()
        guard case .close = fresh.stop() else {
            Issue.record("a fresh connection stays")
            return
        }
    }

    @Test("a lingering connection takes so many bytes and no more")
    func lingering() {
        var machine = machine { $0.lingerBytes = 10 }
        _ = machine.fault(.malformedRequest(detail: ""), now: Self.at(0))
        _ = machine.flushed(now: Self.at(0))
        #expect(machine.isLingering)
        guard case .none = machine.received(bytes: 10, now: Self.at(1)),
            case .close = machine.received(bytes: 1, now: Self.at(1))
        else {
            Issue.record("it lingers without bound")
            return
        }
    }

    @Test("a peer that ends in the middle of a request is closed; one that waits for its answer is not")
    func inputClosed() {
        var reading = inBody()
        guard case .close = reading.inputClosed() else {
            Issue.record("half a body is waited for")
            return
        }
        var processing = inBody(.length(0))
        _ = processing.end(now: Self.at(0))
        guard case .none = processing.inputClosed(),
            case .answer(_, _, false) = processing.answered(page, now: Self.at(1))
        else {
            Issue.record("the answer is lost")
            return
        }
    }

    @Test("what one readiness may bring in never exceeds what an admitted body needs, beyond one small buffer")
    func receiveSizes() {
        #expect(ReceiveSize(bodyRemaining: nil) == .head)
        for rest in [0, 1, 16_384, 16_385, 40_000, 262_143, 262_144, 300_000, 1 << 20, 10 << 20, 1 << 30] {
            let size = ReceiveSize(bodyRemaining: rest)
            #expect(size.bytes * size.reads <= max(rest, ReceiveSize.smallest))
            #expect((1...ReceiveSize.mostReads).contains(size.reads))
            #expect((ReceiveSize.smallest...ReceiveSize.largest).contains(size.bytes))
        }
    }
}
