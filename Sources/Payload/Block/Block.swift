package import Model

/// A block read from untrusted bytes: its header is decoded and its checksum held.
package struct Block {
    /// Bytes a block takes beside header payload and body: gzip head, XLEN, subfield head, CRC-32, ISIZE.
    package static let overhead = 10 + 2 + 4 + 8

    /// Bytes of a block's body, at most: twice the text's limit, which deflate never reaches. It bounds what a damaged
    /// length can make a reader ask for.
    package static let maxBodyBytes = 2 * BlockBuilder.maxUncompressedBytes

    package let header: BlockHeader
    /// Bytes of the whole member.
    package let length: Int
    /// CRC-32C of the payload: the next block's chain.
    package let payloadChecksum: UInt32
    private let member: UnsafeRawBufferPointer

    /// Where a block begins, the bytes tell its length before it has been read whole; `nil` when there are too few
    /// bytes to say (``BlockHeader/maxEncodedBytes`` always suffice).
    package static func length(at bytes: UnsafeRawBufferPointer) throws(BlockError) -> Int? {
        guard let payload = try payloadCount(bytes) else { return nil }
        guard bytes.count >= 16 + 40 else { return nil }
        guard bytes[16] == BlockHeader.version else { throw .unknownVersion(bytes[16]) }
        let compressed = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 16 + 32, as: UInt32.self))
        guard compressed <= maxBodyBytes else { throw .corrupt("a body longer than the largest block's") }
        return overhead + payload + Int(compressed)
    }

    /// Reads the block at the start of `bytes`; `bytes` must stay valid as long as the block.
    package static func read(_ bytes: UnsafeRawBufferPointer) throws(BlockError) -> Block {
        guard let payloadCount = try payloadCount(bytes), let length = try length(at: bytes) else { throw .truncated }
        guard length <= bytes.count else { throw .truncated }
        let payload = UnsafeRawBufferPointer(rebasing: bytes[16..<16 + payloadCount])
        let header = try BlockHeader(payload: payload)
        let member = UnsafeRawBufferPointer(rebasing: bytes[..<length])
        var checksum = CRC32C()
        checksum.update(UnsafeRawBufferPointer(rebasing: payload.dropLast(4)))
        checksum.update(UnsafeRawBufferPointer(rebasing: member[(16 + payloadCount)...]))
        let stored = UInt32(littleEndian: payload.loadUnaligned(fromByteOffset: payloadCount - 4, as: UInt32.self))
        guard checksum.value == stored else { throw .corrupt("its checksum is wrong") }
        return Block(
            header: header, length: length, payloadChecksum: CRC32C.of(payload), member: member)
    }

    /// Only the header, from an object's first bytes; the body is not checked.
    package static func readHeader(_ bytes: [UInt8]) throws(BlockError) -> BlockHeader {
        try bytes.withUnsafeBytes { buffer in
            Result { () throws(BlockError) in
                guard let count = try payloadCount(buffer), buffer.count >= 16 + count else { throw .truncated }
                return try BlockHeader(payload: UnsafeRawBufferPointer(rebasing: buffer[16..<16 + count]))
            }
        }.get()
    }

    /// The lines. Checks CRC-32 and ISIZE as every gzip reader does.
    package func decompressed() throws(BlockError) -> BodyBuffer {
        let text = BodyBuffer(capacity: Int(header.uncompressedCount))
        do {
            try Gunzip.member(member, into: text, limit: Int(header.uncompressedCount))
        } catch {
            throw .corrupt("its body does not decompress: \(error)")
        }
        guard text.count == Int(header.uncompressedCount) else { throw .corrupt("its body has a wrong length") }
        return text
    }

    private static func payloadCount(_ bytes: UnsafeRawBufferPointer) throws(BlockError) -> Int? {
        guard bytes.count >= 16 else { return nil }
        let fixed = bytes.loadUnaligned(as: UInt32.self)
        guard UInt32(littleEndian: fixed) == 0x0408_8B1F,
            bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self) == 0, bytes[8] == 0, bytes[9] == 0xFF,
            bytes[12] == UInt8(ascii: "S"), bytes[13] == UInt8(ascii: "L")
        else { throw .notABlock }
        let extra = Int(bytes[10]) | Int(bytes[11]) << 8
        let payload = Int(bytes[14]) | Int(bytes[15]) << 8
        guard payload + 4 == extra, payload >= 84 else { throw .notABlock }
        return payload
    }
}
