import Payload

/// Batch encoders with their scratch memory, one per worker that is busy at the same time.
final class EncoderPool: Sendable {
    private let idle = Monitor<[BatchEncoder]>([])

    func with<R, E: Error>(_ body: (BatchEncoder) throws(E) -> R) throws(E) -> R {
        let encoder = idle.withLock { $0.popLast() } ?? BatchEncoder()
        defer { idle.withLock { $0.append(encoder) } }
        return try body(encoder)
    }
}
