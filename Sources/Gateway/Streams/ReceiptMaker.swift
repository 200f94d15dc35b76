import Files
import Model
import Payload

/// Makes the receipts of one batch on an available stream.
struct ReceiptMaker<FS: FileSystem, Time: TimeSource>: Sendable {
    let stream: AvailableStream<FS, Time>
    let quarantine: AvailableStream<FS, Time>
    let gateway: GatewayName
    let producer: String
    let batchKey: String
    let time: Time

    /// What lands on its own: the accepted events, and the refused ones in `_quarantine`.
    struct Part: Sendable {
        let landing: StreamLanding<FS, Time>
        let incarnation: Incarnation
        let first: UInt64

        var isLanded: Bool { landing.object(of: first, incarnation) != nil }
    }

    func fresh(_ processed: ProcessedBatch, _ range: SequenceRange, _ incarnation: Incarnation) -> Receipt {
        receipt(
            received: processed.received, range: range, incarnation: incarnation, replayed: false,
            rejected: processed.rejects.map(Receipt.Rejection.init))
    }

    /// The first receipt again, with what is true of the batch now. After a restart the reasons are kept, the details are
    /// not.
    func replay(_ record: DedupIndex.Record, _ rejects: [BatchEntry.Reject]) -> Receipt {
        var receipt = receipt(
            received: Int(record.accepted) + rejects.count,
            range: SequenceRange(first: record.first, count: UInt64(record.accepted)), incarnation: record.incarnation,
            replayed: true,
            rejected: rejects.map { Receipt.Rejection(index: Int($0.index), reason: $0.reason, detail: nil) })
        if parts(of: record, rejects).allSatisfy(\.isLanded) {
            receipt.durability = .landed
            receipt.object = object(of: record)
        }
        return receipt
    }

    /// Where the accepted events are, once that is known.
    func object(of record: DedupIndex.Record) -> String? {
        guard record.accepted > 0 else { return nil }
        return stream.landing.object(of: record.first, record.incarnation) ?? nil
    }

    /// A refused event's line that is no longer remembered, since its stream remembers only so many batches, landed long
    /// ago.
    func parts(of record: DedupIndex.Record, _ rejects: [BatchEntry.Reject]) -> [Part] {
        var parts: [Part] = []
        if record.accepted > 0 {
            parts.append(Part(landing: stream.landing, incarnation: record.incarnation, first: record.first))
        }
        guard !rejects.isEmpty else { return parts }
        let identity = BatchIdentity(producer: producer, key: batchKey, fingerprint: record.fingerprint)
            .quarantined(in: stream.configuration.name, rejects)
        if case .taken(let own, _) = quarantine.dedup.withLock({ $0.find(identity.digest) }) {
            parts.append(Part(landing: quarantine.landing, incarnation: own.incarnation, first: own.first))
        }
        return parts
    }

    private func receipt(
        received: Int, range: SequenceRange, incarnation: Incarnation, replayed: Bool, rejected: [Receipt.Rejection]
    ) -> Receipt {
        var range = range
        #if SLUICE_CANARIES
            if Canary.isOn(.sequencesBehind) { range = SequenceRange(first: range.first + 1, count: range.count) }
        #endif
        return Receipt(
            stream: stream.configuration.name, batchKey: batchKey, durability: .journaled, replayed: replayed,
            received: received, accepted: Int(range.count),
            sequence: range.isEmpty ? nil : .init(gateway: gateway, incarnation: incarnation, range: range),
            rejected: rejected, idempotencyWindow: stream.dedup.withLock { $0.window(now: time.now()) }, object: nil)
    }
}

extension Receipt.Rejection {
    init(_ reject: RejectedEvent) {
        self.init(index: reject.index, reason: reject.reason, detail: reject.detail)
    }
}

extension BatchOutcome {
    /// The outcome as the second request with the same key sees it.
    var asReplay: BatchOutcome {
        guard case .receipt(var receipt) = self else { return self }
        receipt.replayed = true
        return .receipt(receipt)
    }
}
