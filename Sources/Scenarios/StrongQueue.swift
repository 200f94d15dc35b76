import Model

/// Strong batches on their way over the link, first come, first served; and those whose answer is on its way back.
struct StrongQueue {
    /// Of one stream, that came in one step.
    struct Batches {
        var stream: Int
        var arrived: MonotonicInstant
        var count: Int
    }

    private var waiting: ArraySlice<Batches> = []
    private var answering: ArraySlice<(batches: Batches, from: MonotonicInstant)> = []
    private var hopeless: [Batches] = []
    /// Bytes of the first batch that waits which have gone over the link.
    private var bytesSent = 0.0

    mutating func add(_ batches: Batches) { waiting.append(batches) }

    /// Sends what would land in time; what would not is given up before it takes any of the link.
    /// - Parameters:
    ///   - size: of a batch of that stream, in bytes.
    ///   - isInTime: whether such a batch would be, that began to be sent now.
    /// - Returns: what is left of the bytes that the link carries.
    mutating func send(
        _ bytes: Double, answersFrom: MonotonicInstant, size: (_ stream: Int) -> Double, isInTime: (Batches) -> Bool
    ) -> Double {
        var left = bytes
        while let first = waiting.first {
            guard bytesSent > 0 || isInTime(first) else {
                hopeless.append(waiting.removeFirst())
                continue
            }
            let size = size(first.stream)
            let whole = min(first.count, Int((left + bytesSent) / size))
            if whole > 0 {
                answering.append((Batches(stream: first.stream, arrived: first.arrived, count: whole), answersFrom))
                left = max(0, left + bytesSent - Double(whole) * size)
                bytesSent = 0
            }
            guard whole == first.count else {
                waiting[waiting.startIndex].count -= whole
                bytesSent += left
                return 0
            }
            waiting.removeFirst()
        }
        return left
    }

    /// Those whose answer has arrived.
    mutating func takeAnswered(_ now: MonotonicInstant) -> [Batches] {
        let count = answering.prefix { $0.from <= now }.count
        defer { answering.removeFirst(count) }
        return answering.prefix(count).map(\.batches)
    }

    /// Those that came so early, without an answer, and those that were given up.
    mutating func takeOlder(than arrived: MonotonicInstant) -> [Batches] {
        let sent = answering.prefix { $0.batches.arrived <= arrived }.count
        let unsent = waiting.prefix { $0.arrived <= arrived }.count
        defer {
            answering.removeFirst(sent)
            waiting.removeFirst(unsent)
            if unsent > 0 { bytesSent = 0 }
            hopeless = []
        }
        return hopeless + answering.prefix(sent).map(\.batches) + waiting.prefix(unsent)
    }
}
