import Files
import Journal
import Model
import SystemPackage

/// One segment, or key log, as `journal inspect` shows it.
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

    init(_ log: JournalSurvey<LinuxFileSystem>.KeyLogFile) {
        stream = log.stream.rawValue
        file = log.path.string
        state = "keys"
        events = 0
        batches = log.batches
        blocks = 0
        bytes = log.size
        tail_bytes = log.damages.filter(\.isTail).reduce(0) { $0 + $1.bytes }
        faults = log.damages.filter { !$0.isTail }.map(\.description)
    }

    /// Rows of all segments and key logs of all streams, or of one.
    static func all(_ survey: JournalSurvey<LinuxFileSystem>, _ stream: StreamName?) throws -> [SegmentRow] {
        try survey.segments(of: stream).map(SegmentRow.init) + survey.keyLogs(of: stream).map(SegmentRow.init)
    }

    var isKeyLog: Bool { state == "keys" }

    var text: String {
        if isKeyLog {
            return "\(stream)  keys  \(batches) batches  \(bytes) bytes  \(file)"
                + (tail_bytes > 0 ? "  (\(tail_bytes) bytes of an unfinished or damaged last record)" : "")
                + faults.map { "\n    DAMAGED: \($0)" }.joined()
        }
        let range = first.flatMap { first in last.map { "\(first)-\($0)" } } ?? "empty"
        return "\(stream)  \(state)  \(range)  \(events) events  \(blocks) blocks  \(bytes) bytes  \(file)"
            + (tail_bytes > 0 && state == "open" ? "  (\(tail_bytes) bytes of an incomplete block)" : "")
            + faults.map { "\n    DAMAGED: \($0)" }.joined()
    }
}
