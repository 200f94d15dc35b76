import Files
import Model
import Payload

/// Makes the receipts of one batch on an available stream.
struct ReceiptMaker<FS: FileSystem, Time: TimeSource>: Sendable {
    let stream: AvailableStream<FS, Time>
    let gateway: GatewayName
    let batchKey: String
    let time: Time

    func fresh(_ processed: ProcessedBatch, _ range: SequenceRange, _ incarnation: Incarnation) -> Receipt {
        receipt(
            received: processed.received, range: range, incarnation: incarnation, replayed: false,
            rejected: processed.rejects.map(Receipt.Rejection.init))
    }

    /// The first receipt again. After a restart the reasons are kept, the details are not.
    func replay(_ record: DedupIndex.Record, _ rejects: [BatchEntry.Reject]) -> Receipt {
        receipt(
            received: Int(record.accepted) + rejects.count,
            range: SequenceRange(first: record.first, count: UInt64(record.accepted)), incarnation: record.incarnation,
            replayed: true,
            rejected: rejects.map { Receipt.Rejection(index: Int($0.index), reason: $0.reason, detail: nil) })
    }

    private func receipt(
        received: Int, range: SequenceRange, incarnation: Incarnation, replayed: Bool, rejected: [Receipt.Rejection]
    ) -> Receipt {
        Receipt(
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
