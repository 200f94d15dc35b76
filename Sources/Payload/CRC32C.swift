internal import CISAL

/// CRC-32C (Castagnoli), by ISA-L; guards blocks and key log records.
package struct CRC32C: Sendable {
    private var state: UInt32 = 0xFFFF_FFFF

    package init() {}

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress, bytes.count > 0 else { return }
        // SAFETY: crc32_iscsi only reads; its pointer is not const for historical reasons.
        let pointer = UnsafeMutableRawPointer(mutating: base).assumingMemoryBound(to: UInt8.self)
        state = crc32_iscsi(pointer, CInt(bytes.count), state)
    }

    package var value: UInt32 { ~state }

    package static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var crc = CRC32C()
        crc.update(bytes)
        return crc.value
    }
}
