import Foundation
import Gateway
import Model

/// A gateway of a few lines: records what it is asked, and can withhold room and answers.
final class RecordingIntake: Intake, @unchecked Sendable {
    // SAFETY: every property is used under `lock` only.
    private let lock = NSLock()
    private var taken: [BatchRequest] = []
    private var bodies: [[UInt8]] = []
    private var waitingGrants: [(id: Int, granted: @Sendable (any AdmissionTicket) -> Void)] = []
    private var waitingAnswers: [@Sendable () -> Void] = []
    private var admitted: [Int] = []
    private var inFlight = 0
    private var cancelled = 0
    private var nextID = 0
    private var withholdsRoom = false
    private var withholdsAnswers = false
    private var ready = true
    private var asked: [ReceiptRequest] = []
    private var found: (@Sendable (ReceiptRequest) -> BatchOutcome)?
    private var outcome: (@Sendable (BatchRequest) -> BatchOutcome)?
    let maxBodyBytes: Int

    init(maxBodyBytes: Int = 1 << 20) { self.maxBodyBytes = maxBodyBytes }

    struct Ticket: AdmissionTicket {
        let released: @Sendable () -> Void
        func release() { released() }
    }

    struct Waiting: AdmissionRequest {
        let cancelled: @Sendable () -> Void
        func cancel() { cancelled() }
    }

    func stream(named name: StreamName) -> StreamDoor? {
        name.isInternal || name.rawValue == "missing"
            ? nil
            : StreamDoor(maxBodyBytes: maxBodyBytes, consistency: name.rawValue == "strong" ? .strong : .available)
    }

    func admit(bytes: Int, granted: @escaping @Sendable (any AdmissionTicket) -> Void) -> any AdmissionRequest {
        let id: Int? = lock.withLock {
            admitted.append(bytes)
            nextID += 1
            guard withholdsRoom else {
                inFlight += 1
                return nil
            }
            waitingGrants.append((nextID, granted))
            return nextID
        }
        guard let id else {
            granted(ticket())
            return Waiting {}
        }
        return Waiting { [self] in
            lock.withLock {
                guard let index = waitingGrants.firstIndex(where: { $0.id == id }) else { return }
                waitingGrants.remove(at: index)
                cancelled += 1
            }
        }
    }

    func submit(_ request: BatchRequest, completion: @escaping @Sendable (BatchOutcome) -> Void) {
        let answer: @Sendable () -> Void = { [self] in
            let make = lock.withLock { outcome }
            completion(make?(request) ?? .receipt(RecordingIntake.receipt(for: request)))
        }
        let holds = lock.withLock {
            taken.append(request)
            bodies.append(Array(request.body.bytes))
            if withholdsAnswers { waitingAnswers.append(answer) }
            return withholdsAnswers
        }
        // From another thread, as the real one does.
        if !holds { DispatchQueue.global().async(execute: answer) }
    }

    func receipt(_ request: ReceiptRequest, completion: @escaping @Sendable (BatchOutcome) -> Void) {
        let (make, isAtOnce) = lock.withLock {
            asked.append(request)
            return (found, asked.count.isMultiple(of: 2))
        }
        let outcome = make?(request) ?? .refused(.unknownBatch(window: .seconds(60)))
        // Now from another thread, as a strong stream does, now at once, as an available one does.
        if isAtOnce { completion(outcome) } else { DispatchQueue.global().async { completion(outcome) } }
    }

    func readiness() -> Readiness {
        let ok = lock.withLock { ready }
        return Readiness(checks: [
            .init(name: "journal", ok: ok, detail: ok ? "writable" : "disk \"full\""),
            .init(name: "recovery", ok: true, detail: "done"),
        ])
    }

    static func receipt(for request: BatchRequest) -> Receipt {
        Receipt(
            stream: request.stream, batchKey: request.idempotencyKey ?? "derived", durability: .journaled,
            replayed: false, received: 1, accepted: 1,
            sequence: .init(
                gateway: GatewayName("test")!, incarnation: Incarnation(rawValue: 0x9f3c),
                range: SequenceRange(first: 0, count: 1)),
            rejected: [], idempotencyWindow: .seconds(86_400), object: nil)
    }

    // MARK: What tests set and see

    func withholdRoom(_ value: Bool) { lock.withLock { withholdsRoom = value } }
    func withholdAnswers(_ value: Bool) { lock.withLock { withholdsAnswers = value } }
    func setReady(_ value: Bool) { lock.withLock { ready = value } }
    func answer(_ make: @escaping @Sendable (BatchRequest) -> BatchOutcome) { lock.withLock { outcome = make } }
    func find(_ make: @escaping @Sendable (ReceiptRequest) -> BatchOutcome) { lock.withLock { found = make } }
    var receiptRequests: [ReceiptRequest] { lock.withLock { asked } }
    var requests: [BatchRequest] { lock.withLock { taken } }
    var bodyTexts: [String] { lock.withLock { bodies.map { String(decoding: $0, as: UTF8.self) } } }
    var bodySizes: [Int] { lock.withLock { bodies.map(\.count) } }
    var admissions: [Int] { lock.withLock { admitted } }
    var ticketsOut: Int { lock.withLock { inFlight } }
    var cancellations: Int { lock.withLock { cancelled } }
    var waiting: Int { lock.withLock { waitingGrants.count } }

    func grantAll() {
        let grants = lock.withLock {
            defer { waitingGrants.removeAll() }
            inFlight += waitingGrants.count
            return waitingGrants
        }
        for grant in grants { grant.granted(ticket()) }
    }

    func answerAll() {
        let answers = lock.withLock {
            defer { waitingAnswers.removeAll() }
            return waitingAnswers
        }
        for answer in answers { answer() }
    }

    private func ticket() -> Ticket {
        let once = NSLock()
        nonisolated(unsafe) var isReleased = false
        return Ticket { [self] in
            let first = once.withLock {
                defer { isReleased = true }
                return !isReleased
            }
            if first { lock.withLock { inFlight -= 1 } }
        }
    }
}
