import Payload

/// Where the blocks of a segment are, up to the first that is not sound.
enum SoundBlocks {
    static func of(_ segment: [UInt8]) -> [Range<Int>] {
        segment.withUnsafeBytes { bytes in
            var blocks: [Range<Int>] = []
            var offset = 0
            while offset < bytes.count,
                let block = try? Block.read(UnsafeRawBufferPointer(rebasing: bytes[offset...]))
            {
                blocks.append(offset..<(offset + block.length))
                offset += block.length
            }
            return blocks
        }
    }
}
