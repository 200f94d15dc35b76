import Files
import Journal
import Landing
package import Model
import Payload

extension Gateway {
    /// See ``ControlPlaneIntake/fate(of:producer:in:completion:)``. Also after a restart, within the stated window.
    package func fate(
        of batchKey: String, producer: String, in stream: StreamName,
        completion: @escaping @Sendable (BatchFate) -> Void
    ) {
        // The body is not known here, and not needed: a batch is found by producer and key.
        let identity = BatchIdentity(producer: producer, key: batchKey, fingerprint: PayloadFingerprint(rawValue: 0))
        if let available = available[stream] {
            completion(journaled(identity, in: available))
        } else if let strong = strong[stream] {
            landed(identity, in: strong, completion: completion)
        } else {
            completion(.unknown)
        }
    }

    private func journaled(_ identity: BatchIdentity, in stream: AvailableStream<FS, Time>) -> BatchFate {
        guard let (record, rejects) = stream.dedup.withLock({ $0.record(of: identity.digest) }) else { return .unknown }
        var receipt = ReceiptMaker(stream: stream, gateway: configuration.name, batchKey: identity.key, time: time)
            .replay(record, rejects)
        receipt.replayed = false
        guard let range = receipt.sequence?.range else { return .known(receipt) }
        let sealed = zones[stream.configuration.zone].lander.waiting[stream.configuration.name] ?? []
        let holder = sealed.first {
            $0.incarnation == record.incarnation && $0.range.first <= range.first && range.end <= $0.range.end
        }
        if let holder {
            receipt.object = holder.objectName
        } else if rescuing.withLock({ $0[stream.configuration.name, default: 0] }) > 0 {
            return .undetermined("a damaged segment of the stream is being looked into")
        } else if !isOpen(range, of: record.incarnation, in: stream.writer, sealed) {
            // It was durable, and the journal has let it go: only landing does that.
            receipt.durability = .landed
        }
        return .known(receipt)
    }

    /// Whether the sequences are in the segment that is still written.
    private func isOpen(
        _ range: SequenceRange, of life: Incarnation, in writer: StreamWriter<FS, Time>, _ sealed: [SealedSegment]
    ) -> Bool {
        guard life == incarnation, let open = writer.open else { return false }
        return range.end > writer.durableNext - min(writer.durableNext, UInt64(open.events))
    }

    private func landed(
        _ identity: BatchIdentity, in stream: StrongStream<FS, Store, Time>,
        completion: @escaping @Sendable (BatchFate) -> Void
    ) {
        let object = KeyedObject.name(stream: stream.configuration.name, identity: identity)
        let window = configuration.strongIdempotencyWindow
        zones[stream.configuration.zone].store.readPrefix(object, count: BlockHeader.maxEncodedBytes) { outcome in
            switch outcome {
            case .absent: completion(.unknown)
            case .failed(let failure): completion(.undetermined(failure.detail))
            case .bytes(let bytes):
                guard let entry = (try? Block.readHeader(bytes))?.entries.first, entry.digest == identity.digest else {
                    return completion(.undetermined("\(object) is not an object of a gateway"))
                }
                completion(
                    .known(
                        Receipt(
                            stream: stream.configuration.name, batchKey: identity.key, durability: .landed,
                            replayed: false, received: Int(entry.accepted), accepted: Int(entry.accepted),
                            sequence: nil, rejected: [], idempotencyWindow: window, object: object)))
            }
        }
    }
}
