import Payload

/// Where the blocks of a segment are.
enum SoundBlocks {
    /// Up to the first that is not sound.
    static func of(_ segment: [UInt8]) -> [Range<Int>] { find(in: segment, goesOn: false) }

    /// Those behind damage too.
    static func around(damageIn segment: [UInt8]) -> [Range<Int>] { find(in: segment, goesOn: true) }

    private static func find(in segment: [UInt8], goesOn: Bool) -> [Range<Int>] {
        segment.withUnsafeBytes { bytes in
            var blocks: [Range<Int>] = []
            var offset = 0
            while offset < bytes.count {
                if let block = try? Block.read(UnsafeRawBufferPointer(rebasing: bytes[offset...])) {
                    blocks.append(offset..<(offset + block.length))
                    offset += block.length
                } else if goesOn {
                    // gzip's first byte; nearly all other places are passed over so.
                    offset = bytes[(offset + 1)...].firstIndex(of: 0x1F) ?? bytes.count
                } else {
                    break
                }
            }
            return blocks
        }
    }
}
