import Model

/// What one life stated of its positions, moment by moment: at each, the next sequence of every stream that it took.
///
/// A life states them every few seconds for as long as it lives, so of what is older than an hour one moment a minute is
/// kept. It then stands for its whole minute: with the highest sequences of it.
struct PositionGroups {
    struct Group {
        var time: Timestamp
        /// The highest sequence of its facts in the ledger.
        var sequence: UInt64
        var next: [StreamName: UInt64]
    }

    static var maxGroups: Int { 8192 }
    private static var hour: Int64 { 3_600_000_000 }
    private static var minute: Int64 { 60_000_000 }

    private var groups: [Timestamp: Group] = [:]
    private var latest = Timestamp(microseconds: .min)
    private var thinBeyond = PositionGroups.maxGroups

    mutating func add(_ time: Timestamp, _ sequence: UInt64, _ stream: StreamName, next: UInt64) {
        latest = max(latest, time)
        var group = groups.removeValue(forKey: time) ?? Group(time: time, sequence: sequence, next: [:])
        group.sequence = max(group.sequence, sequence)
        group.next[stream] = max(group.next[stream] ?? 0, next)
        groups[time] = group
        if groups.count > thinBeyond { thin() }
    }

    /// In the order of time.
    var inOrder: [Group] { groups.values.sorted { $0.time < $1.time } }

    private mutating func thin() {
        let recent = Timestamp(microseconds: latest.microseconds - PositionGroups.hour)
        var kept: [Timestamp: Group] = [:]
        var minutes: [Int64: Group] = [:]
        for group in groups.values {
            guard group.time < recent else {
                kept[group.time] = group
                continue
            }
            let minute = group.time.microseconds / PositionGroups.minute
            guard let other = minutes[minute] else {
                minutes[minute] = group
                continue
            }
            var merged = group.time > other.time ? group : other
            merged.sequence = max(group.sequence, other.sequence)
            merged.next = group.next.merging(other.next) { max($0, $1) }
            minutes[minute] = merged
        }
        for group in minutes.values { kept[group.time] = group }
        groups = kept
        // So that a ledger of many months costs no thinning for each line.
        thinBeyond = max(PositionGroups.maxGroups, groups.count * 2)
    }
}
