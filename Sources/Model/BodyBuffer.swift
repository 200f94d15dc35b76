/// The bytes of one request body, owned; the last ``padding`` bytes of the allocation are never part of the body, so
/// that simdjson may read past the end (SIMDJSON_PADDING).
///
/// Filled by one owner, then handed on and only read.
package final class BodyBuffer: @unchecked Sendable {
    // SAFETY: written only by the owner that fills it, before it is handed to another thread; read-only afterwards.
    package static let padding = 64

    package private(set) var count = 0
    package private(set) var capacity: Int
    private var base: UnsafeMutableRawPointer

    /// Room for `capacity` bytes; it grows when more is appended.
    package init(capacity: Int) {
        self.capacity = max(capacity, 1)
        base = .allocate(byteCount: self.capacity + BodyBuffer.padding, alignment: 64)
    }

    deinit { base.deallocate() }

    package func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        reserve(count + bytes.count)
        (base + count).copyMemory(from: source, byteCount: bytes.count)
        count += bytes.count
    }

    /// Lets `fill` write into the free space after making room for `minimum` bytes; it returns how many it wrote.
    package func append<E: Error>(
        minimum: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(E) -> Int
    ) throws(E) {
        reserve(count + minimum)
        let written = try fill(UnsafeMutableRawBufferPointer(start: base + count, count: capacity - count))
        precondition(written >= 0 && count + written <= capacity)
        count += written
    }

    /// The body; readable for ``padding`` more bytes behind its end.
    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    private func reserve(_ wanted: Int) {
        guard wanted > capacity else { return }
        let grown = max(wanted, capacity * 2)
        let next = UnsafeMutableRawPointer.allocate(byteCount: grown + BodyBuffer.padding, alignment: 64)
        next.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = next
        capacity = grown
    }
}
