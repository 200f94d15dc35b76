import Model

/// Finds batches that landed twice from one gateway in one stream.
///
/// The same batch at two gateways is no fault: producers may retry elsewhere, and the lake keeps one event of each key. Later
/// than a day, a key may have been used again.
///
/// It holds 24 bytes for each batch of the last day or so: batches are to come by the hour of their landing.
struct RepeatFinder {
    private struct Mark {
        var digest: BatchDigest
        /// Seconds since 1970.
        var received: UInt32
        var object: UInt32
    }

    struct Repeat: Equatable {
        var object: Int
        var earlier: Int
    }

    private static var window: UInt32 { 86_400 }
    /// Marks at which those that are too old to matter are let go.
    private let most: Int

    private var marks: [Mark] = []
    private var known: Set<BatchDigest> = []
    private(set) var repeats: [Repeat] = []

    init(most: Int = 1_000_000) { self.most = most }

    /// Takes the batches of an object, which the caller knows by number; `hour` is never before that of earlier objects.
    mutating func add(_ entries: [BatchEntry], of object: Int, in hour: LandingHour) {
        if marks.count > most { settle(before: hour) }
        for entry in entries {
            marks.append(
                Mark(
                    digest: entry.digest, received: UInt32(clamping: entry.receivedAt.microseconds / 1_000_000),
                    object: UInt32(object)))
        }
    }

    /// Finds the repeats among all that was taken so far.
    mutating func settle(before hour: LandingHour? = nil) {
        marks.sort { ($0.digest.high, $0.digest.low, $0.received) < ($1.digest.high, $1.digest.low, $1.received) }
        for (earlier, later) in zip(marks, marks.dropFirst())
        where earlier.digest == later.digest && later.received - earlier.received < Self.window {
            guard known.insert(later.digest).inserted else { continue }
            repeats.append(Repeat(object: Int(later.object), earlier: Int(earlier.object)))
        }
        guard let hour else { return marks.removeAll() }
        // An object is named by its first block's hour: its batches are no more than a segment's life younger.
        let horizon = UInt32(clamping: hour.start.microseconds / 1_000_000 - 2 * Int64(Self.window))
        marks.removeAll { $0.received < horizon }
    }
}
