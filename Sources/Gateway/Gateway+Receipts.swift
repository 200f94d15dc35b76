import Files
import Landing
import Model
import Payload

extension Gateway {
    /// What is true now of a batch that was sent before: ``Intake/receipt(_:completion:)``.
    package func receipt(_ request: ReceiptRequest, completion: @escaping @Sendable (BatchOutcome) -> Void) {
        guard phase.withLock({ $0.phase }) == .running else {
            return completion(.refused(.stopping(retryAfter: .seconds(5))))
        }
        // The key alone is looked up; whatever body it came with.
        let identity = BatchIdentity(
            producer: request.producer, key: request.batchKey, fingerprint: PayloadFingerprint(rawValue: 0))
        if let strong = strong[request.stream] {
            return strong.find(identity, deadline: request.deadline, completion: completion)
        }
        guard let stream = available[request.stream] else {
            return completion(.refused(.unknownStream(request.stream.rawValue)))
        }
        let now = time.now()
        let (known, window) = stream.dedup.withLock { dedup in
            dedup.expire(now: now)
            return (dedup.find(identity.digest), dedup.window(now: now))
        }
        switch known {
        case .taken(let record, let rejects):
            completion(.receipt(receiptMaker(for: identity, in: stream).replay(record, rejects)))
        case .inFlight: completion(.refused(.batchInFlight(retryAfter: .seconds(1))))
        case .unknown: completion(.refused(.unknownBatch(window: window)))
        }
    }

    func receiptMaker(
        for identity: BatchIdentity, in stream: AvailableStream<FS, Time>
    ) -> ReceiptMaker<FS, Time> {
        ReceiptMaker(
            stream: stream, quarantine: quarantine, gateway: configuration.name, producer: identity.producer,
            batchKey: identity.key, time: time)
    }
}
