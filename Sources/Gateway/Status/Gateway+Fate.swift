import Files
import Journal
import Landing
package import Model

extension Gateway {
    /// See ``ControlPlaneIntake/fate(of:producer:in:completion:)``. What producers are told, and for operators also in which
    /// object the batch will land, once its segment is sealed.
    package func fate(
        of batchKey: String, producer: String, in stream: StreamName,
        completion: @escaping @Sendable (BatchFate) -> Void
    ) {
        let request = ReceiptRequest(
            stream: stream, producer: producer, batchKey: batchKey, deadline: time.monotonic() + .seconds(10))
        receipt(request) { [self] outcome in
            switch outcome {
            case .receipt(var receipt):
                receipt.replayed = false
                if receipt.durability == .journaled, let place = receipt.sequence {
                    receipt.object = sealed(place, in: stream)?.objectName
                }
                completion(.known(receipt))
            case .refused(.unknownBatch), .refused(.unknownStream): completion(.unknown)
            case .refused(.batchInFlight):
                completion(.undetermined("a request with this key is being worked on; ask again"))
            case .refused(.landingUnavailable(let detail, _)): completion(.undetermined(detail))
            case .refused(.stopping): completion(.undetermined("the gateway is stopping"))
            case .refused(let other): completion(.undetermined("\(other)"))
            }
        }
    }

    /// The sealed segment that holds the batch and has not landed.
    private func sealed(_ place: Receipt.SequencePosition, in name: StreamName) -> SealedSegment? {
        guard let stream = available[name] else { return nil }
        return zones[stream.configuration.zone].lander.waiting[name]?.first {
            $0.incarnation == place.incarnation && $0.range.first <= place.range.first
                && place.range.end <= $0.range.end
        }
    }
}
