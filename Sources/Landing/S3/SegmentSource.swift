import Curl
import Files

/// A sealed segment's bytes on their way to a store.
struct SegmentSource<File: OpenFile>: HTTPBodySource {
    let file: File
    /// What was sealed; the file may be longer, see `SealedSegment`.
    let length: Int64

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int {
        try file.read(into: buffer, at: offset)
    }
}
