import Files
import Landing
import Model
import Payload

/// What one request asks for, without its body, which must not be held while it waits.
struct Wish: Sendable {
    var consistency: Consistency
    var deadline: MonotonicInstant
    /// Called before a wait.
    var bodyDone: @Sendable () -> Void

    init(_ request: BatchRequest) {
        consistency = request.consistency
        deadline = request.deadline
        bodyDone = request.bodyDone
    }
}

extension Gateway {
    /// Why a request that asks for more than its available stream's mode is refused before anything is kept: its landing
    /// zone is known to be cut off. `nil` when it is not.
    func refusalWhenCutOff(_ zone: ZoneName) -> Refusal? {
        let link = zones[zone].link
        guard link.effective == .partitioned else { return nil }
        return .partitioned(zone: zone, detail: link.explanation, retryAfter: link.retryAfter)
    }

    /// Hands the outcome on; when the request asked for landing, only once the batch has landed, or cannot in time.
    func settle(
        _ outcome: BatchOutcome, _ wish: Wish, _ identity: BatchIdentity, _ receipts: ReceiptMaker<FS, Time>,
        completion: @escaping @Sendable (BatchOutcome) -> Void
    ) {
        guard wish.consistency == .strong, case .receipt(let receipt) = outcome, receipt.durability == .journaled else {
            return completion(outcome)
        }
        #if SLUICE_CANARIES
            if Canary.isOn(.answerBeforeLanding) {
                var receipt = receipt
                receipt.durability = .landed
                return completion(.receipt(receipt))
            }
        #endif
        let stream = receipts.stream
        guard case .taken(let record, let rejects) = stream.dedup.withLock({ $0.find(identity.digest) }) else {
            return completion(.refused(.landingPending(.late, retryAfter: .seconds(5))))
        }
        if case .partitioned(_, _, let retryAfter)? = refusalWhenCutOff(stream.configuration.zone) {
            return completion(.refused(.landingPending(.cutOff, retryAfter: retryAfter)))
        }
        wish.bodyDone()
        wait(for: receipts.parts(of: record, rejects)[...], wish.deadline) { outcome in
            switch outcome {
            case .landed:
                var landed = receipt
                landed.durability = .landed
                landed.object = receipts.object(of: record)
                completion(.receipt(landed))
            case .late: completion(.refused(.landingPending(.late, retryAfter: .seconds(5))))
            case .stopping: completion(.refused(.landingPending(.stopping, retryAfter: .seconds(5))))
            }
        }
    }

    private func wait(
        for parts: ArraySlice<ReceiptMaker<FS, Time>.Part>, _ deadline: MonotonicInstant,
        completion: @escaping @Sendable (StreamLanding<FS, Time>.Outcome) -> Void
    ) {
        guard let part = parts.first else { return completion(.landed) }
        part.landing.whenLanded(part.first, part.incarnation, deadline: deadline) { [self] outcome in
            guard case .landed = outcome else { return completion(outcome) }
            wait(for: parts.dropFirst(), deadline, completion: completion)
        }
    }
}
