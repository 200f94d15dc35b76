import Files
import Journal
import Model
import SystemPackage

/// One segment as `journal inspect` shows it.
struct SegmentRow: Encodable {
    var stream: String
    var file: String
    var state: String
    var incarnation: String?
    var first: UInt64?
    var last: UInt64?
    var events: UInt64
    var batches: Int
    var blocks: Int
    var bytes: Int64
    var tail_bytes: Int64
    var faults: [String]

    init(_ segment: JournalSurvey<LinuxFileSystem>.Segment) {
        stream = segment.stream.rawValue
        file = segment.path.string
        state = segment.sealed ? "sealed" : "open"
        incarnation = segment.incarnation?.description
        first = segment.first
        last = segment.end.flatMap { $0 > 0 ? $0 - 1 : nil }
        events = segment.events
        batches = segment.batches
        blocks = segment.blocks
        bytes = segment.size
        tail_bytes = segment.tailBytes
        faults = segment.faults
    }

    var text: String {
        let range = first.flatMap { first in last.map { "\(first)-\($0)" } } ?? "empty"
        return "\(stream)  \(state)  \(range)  \(events) events  \(blocks) blocks  \(bytes) bytes  \(file)"
            + (tail_bytes > 0 && state == "open" ? "  (\(tail_bytes) bytes of an incomplete block)" : "")
            + faults.map { "\n    DAMAGED: \($0)" }.joined()
    }
}
