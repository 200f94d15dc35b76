import Model
import Payload

extension Refusal {
    init(_ error: PayloadError) {
        switch error {
        case .empty: self = .emptyBody
        case .malformedEncoding(let detail): self = .malformedEncoding(detail: detail)
        case .windowTooLarge(let limit): self = .windowTooLarge(limitBytes: limit)
        case .decodedTooLarge(let limit): self = .decodedTooLarge(limitBytes: limit)
        case .expansionTooHigh(let limit): self = .expansionTooHigh(limitRatio: limit)
        case .tooManyEvents(let limit): self = .tooManyEvents(limit: limit)
        case .malformedDocument(let reason, let detail):
            self = .malformedDocument(reason: reason, detail: detail)
        }
    }

    init(_ failure: WriteFailure) {
        switch failure {
        case .full: self = .journalFull(retryAfter: .seconds(5))
        case .failed(let detail): self = .journalFailed(detail: detail, retryAfter: .seconds(1))
        case .stopping: self = .stopping(retryAfter: .seconds(5))
        }
    }
}
