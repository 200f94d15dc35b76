import Model
import Payload

/// What a segment's bytes hold, read block by block without the journal.
struct SegmentText {
    var headers: [BlockHeader] = []
    /// Each event's line, by sequence.
    var lines: [(sequence: UInt64, line: String)] = []
    /// Each block's offset and length.
    var places: [Range<Int>] = []

    init(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { all in
            var offset = 0
            while offset < all.count {
                let block = try Block.read(UnsafeRawBufferPointer(rebasing: all[offset...]))
                headers.append(block.header)
                let found = try block.lines()
                guard found.count == Int(block.header.eventCount) else { throw BlockError.corrupt("wrong line count") }
                for (index, line) in found.enumerated() {
                    lines.append((block.header.firstSequence + UInt64(index), line))
                }
                places.append(offset..<offset + block.length)
                offset += block.length
            }
        }
    }
}
