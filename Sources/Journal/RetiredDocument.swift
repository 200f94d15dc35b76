import Model

/// `keys/retired`: which sequences have landed and are gone, of lives that anything is left of, once the window of their keys has
/// ended. Recovery needs it: what is behind a segment that is still there would look lost.
struct RetiredDocument: Codable, Equatable {
    struct Life: Codable, Equatable {
        /// Hex.
        var incarnation: String
        /// In order, apart: first, and the one after the last.
        var ranges: [[UInt64]]
    }

    var format = 1
    var lives: [Life] = []

    init(_ retired: RetiredRanges) {
        lives = retired.incarnations.sorted { $0.rawValue < $1.rawValue }.map { incarnation in
            Life(
                incarnation: incarnation.description,
                ranges: retired.joined(incarnation).map { [$0.first, $0.end] })
        }
    }

    /// `nil` when this version can't read it.
    var retired: RetiredRanges? {
        guard format == 1 else { return nil }
        var retired = RetiredRanges()
        for life in lives {
            guard let incarnation = Incarnation(life.incarnation) else { return nil }
            for range in life.ranges {
                guard range.count == 2, range[0] < range[1] else { return nil }
                retired.add(incarnation, SequenceRange(first: range[0], count: range[1] - range[0]))
            }
        }
        return retired
    }
}
