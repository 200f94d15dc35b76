package import Files
package import Model
package import Payload

/// Reads a segment's blocks one after another, in bounded memory: the largest block plus a read-ahead.
package final class SegmentReader<FS: FileSystem> {
    package enum Item {
        /// A sound block; the bytes are valid until the next call.
        case block(ScannedBlock, UnsafeRawBufferPointer)
        /// Bytes that are no sound block, from the offset on.
        case bad(offset: Int64, BlockError)
        case end(offset: Int64)
    }

    private let file: FS.File
    private let size: Int64
    private var offset: Int64 = 0
    private var buffer = BodyBuffer(capacity: 1)
    private var bufferStart: Int64 = 0

    package init(_ file: FS.File, size: Int64) {
        self.file = file
        self.size = size
    }

    package func next() throws(FileError) -> Item {
        guard offset < size else { return .end(offset: offset) }
        do {
            var window = try bytes(at: offset, count: BlockHeader.maxEncodedBytes)
            guard let length = try Result(catching: { () throws(BlockError) in try Block.length(at: window) }).get(),
                Int64(length) <= size - offset
            else { return .bad(offset: offset, .truncated) }
            window = try bytes(at: offset, count: length)
            let block = try Result(catching: { () throws(BlockError) in try Block.read(window) }).get()
            let found = ScannedBlock(
                offset: offset, length: length, header: block.header, payloadChecksum: block.payloadChecksum)
            offset += Int64(length)
            return .block(found, UnsafeRawBufferPointer(rebasing: window[..<length]))
        } catch let error as BlockError {
            return .bad(offset: offset, error)
        } catch let error as FileError {
            throw error
        } catch { preconditionFailure("only block and file errors are thrown above: \(error)") }
    }

    /// After a bad place: moves on to the next offset, above this one, where a sound block of this identity with a
    /// sequence of at least `sequence` begins; whether there is one.
    package func resume(gateway: GatewayName, incarnation: Incarnation, stream: StreamName, from sequence: UInt64)
        throws(FileError) -> Bool
    {
        var candidate = offset + 1
        while candidate < size {
            let window = try bytes(at: candidate, count: 1 << 20)
            guard let found = SegmentReader.magic(in: window) else {
                // A magic may straddle the window's end.
                candidate += Int64(max(1, window.count - 3))
                continue
            }
            candidate += Int64(found)
            offset = candidate
            if case .block(let block, _) = try next(), block.header.gateway == gateway,
                block.header.incarnation == incarnation, block.header.stream == stream,
                block.header.firstSequence >= sequence
            {
                offset = candidate
                return true
            }
            candidate += 1
        }
        offset = size
        return false
    }

    private static func magic(in window: UnsafeRawBufferPointer) -> Int? {
        guard window.count >= 4 else { return nil }
        for index in 0...(window.count - 4)
        where window[index] == 0x1F && window[index + 1] == 0x8B && window[index + 2] == 8 && window[index + 3] == 4 {
            return index
        }
        return nil
    }

    /// At most `count` bytes at the offset, fewer only at the file's end.
    private func bytes(at position: Int64, count: Int) throws(FileError) -> UnsafeRawBufferPointer {
        let wanted = Int(min(Int64(count), size - position))
        let start = Int(position - bufferStart)
        if start >= 0, start + wanted <= buffer.count {
            return UnsafeRawBufferPointer(rebasing: buffer.bytes[start..<start + wanted])
        }
        let ahead = Int(min(Int64(max(wanted, 1 << 20)), size - position))
        let fresh = BodyBuffer(capacity: ahead)
        try fresh.append(minimum: ahead) { space throws(FileError) in
            try file.read(into: UnsafeMutableRawBufferPointer(rebasing: space[..<ahead]), at: position)
        }
        buffer = fresh
        bufferStart = position
        return UnsafeRawBufferPointer(rebasing: buffer.bytes[..<min(wanted, buffer.count)])
    }
}
