import Model
import SystemPackage

/// A segment file as recovery finds it, before anything is decided.
struct FoundSegment {
    var path: FilePath
    var incarnation: Incarnation
    var ordinal: UInt64
    var size: Int64
    var blocks: [ScannedBlock]
    /// Where bytes that are no sound block begin, with sound ones after them; `after` is nil before the first block.
    var holes: [(after: UInt64?, before: UInt64, reason: String)]
    /// Bytes behind the last sound block.
    var tornBytes: Int64
    var sidecar: SealedSegment?

    /// The sequence that the segment begins with, as far as it can be told.
    var first: UInt64? { sidecar?.range.first ?? blocks.first?.range.first }
    var end: UInt64? { blocks.last.map(\.range.end) }

    /// From its lowest sequence to its highest; sound blocks may contradict each other and run backwards.
    var extent: SequenceRange {
        if let sidecar { return sidecar.range }
        let first = blocks.map(\.range.first).min() ?? 0
        return SequenceRange(first: first, count: (blocks.map(\.range.end).max() ?? first) - first)
    }

    /// Whether the file holds exactly what its sidecar says.
    var matchesSidecar: Bool {
        guard let sidecar else { return false }
        return holes.isEmpty && tornBytes == 0 && size == sidecar.length
            && blocks.first?.range.first == sidecar.range.first
            && end == sidecar.range.end
    }

    /// A sidecar of quite other sequences, or of another life or gateway than the blocks, is another segment's: one of the two
    /// files was renamed. So is one of other sequences whose file has its length and is sound to the end. The blocks say
    /// themselves what they are; where there are none, the sidecar alone says it.
    mutating func dropForeignSidecar(of gateway: GatewayName) {
        guard let sidecar, let first = blocks.first?.range.first, let end else { return }
        let range = sidecar.range
        let isElsewhere = end > first && range.count > 0 && (first >= range.end || end <= range.first)
        let isSound = holes.isEmpty && tornBytes == 0 && size == sidecar.length
        let isAnothers = sidecar.incarnation != incarnation || sidecar.gateway != gateway
        if isElsewhere || isAnothers || (isSound && (first, end) != (range.first, range.end)) { self.sidecar = nil }
    }

    /// Segments whose every block is also in segments that are more to be trusted: copies that somebody made, or the
    /// first part of a salvage that was cut short.
    static func redundant(among segments: [FoundSegment]) -> [FilePath] {
        var held: Set<ScannedBlock.Identity> = []
        var redundant: [FilePath] = []
        let byTrust = segments.sorted {
            ($0.distrust, $1.blocks.count, $0.ordinal) < ($1.distrust, $0.blocks.count, $1.ordinal)
        }
        for segment in byTrust where !segment.blocks.isEmpty {
            let blocks = segment.blocks.map(\.identity)
            if held.isSuperset(of: blocks) { redundant.append(segment.path) }
            held.formUnion(blocks)
        }
        return redundant
    }

    var isCopy: Bool { ordinal >= StreamPaths.firstSalvagedOrdinal }
    /// Of a part of a sealed segment.
    var isSalvaged: Bool { isCopy && ordinal < StreamPaths.firstRescuedOrdinal }

    /// Damaged, and was never sealed: what is sound of it is copied, and nothing else can be done with it.
    var needsRescue: Bool { sidecar == nil && !holes.isEmpty && !isCopy }

    /// A salvage's copies come behind a sealed original: until that is set aside, none of them is handed out. Those of a rescue
    /// come before theirs, so that the next start has nothing to copy again.
    private var distrust: Int {
        if needsRescue { return 4 }
        if isCopy { return 3 }
        if matchesSidecar { return 0 }
        return sidecar == nil ? 2 : 1
    }
}
