package import Landing
import Model
package import Payload

/// Reads an object's blocks one after another, by pieces: what it holds is a piece and the largest block, however long the
/// object is.
package struct BlockReader: ~Copyable {
    private let zone: any LandingZoneReader
    private let object: StoredObject
    private let pieceBytes: Int
    private let tap: (UnsafeRawBufferPointer) throws -> Void
    private var buffer: [UInt8] = []
    /// Where in the buffer the next block begins.
    private var start = 0
    private var fetched: Int64 = 0
    private var hash = SHA256()

    /// - Parameters:
    ///   - pieceBytes: read at once. The default is 8 MiB, which keeps S3's latency small beside its transfer.
    ///   - tap: is given all bytes as they come.
    package init(
        _ zone: any LandingZoneReader, _ object: StoredObject, pieceBytes: Int = 8 << 20,
        tap: @escaping (UnsafeRawBufferPointer) throws -> Void = { _ in }
    ) {
        self.tap = tap
        self.zone = zone
        self.object = object
        self.pieceBytes = pieceBytes
    }

    /// Of all that was read so far: of the object, once `next` has returned nil.
    package var sha256: [UInt8] { hash.finish() }

    /// Gives the next block to `body`; nil at the end. The block is valid within `body` only. Throws ``ObjectFault`` for bytes
    /// that are no block, and ``ObjectGone``.
    package mutating func next<Value>(_ body: (Block) throws -> Value) async throws -> Value? {
        while true {
            if start == buffer.count, fetched == object.length { return nil }
            let position = fetched - Int64(buffer.count - start)
            do {
                if let length = try lengthOfNext(), length <= buffer.count - start {
                    defer { start += length }
                    return try buffer.withUnsafeBytes { bytes in
                        try body(Block.read(UnsafeRawBufferPointer(rebasing: bytes[start..<start + length])))
                    }
                }
                guard fetched < object.length else { throw BlockError.truncated }
            } catch let error as BlockError { throw ObjectFault(offset: position, error: error) }
            try await fetch()
        }
    }

    /// nil: more bytes are needed to say.
    private func lengthOfNext() throws -> Int? {
        guard start < buffer.count else { return nil }
        return try buffer.withUnsafeBytes { try Block.length(at: UnsafeRawBufferPointer(rebasing: $0[start...])) }
    }

    private mutating func fetch() async throws {
        let count = Int(min(Int64(pieceBytes), object.length - fetched))
        guard let piece = try await zone.read(object, at: fetched, count: count) else { throw ObjectGone() }
        try piece.withUnsafeBytes {
            hash.update($0)
            try tap($0)
        }
        fetched += Int64(piece.count)
        if start == buffer.count {
            buffer = piece
        } else {
            buffer.removeFirst(start)
            buffer += piece
        }
        start = 0
    }
}

/// An object's bytes are no blocks from `offset` on.
package struct ObjectFault: Error, CustomStringConvertible {
    package var offset: Int64
    package var error: BlockError
    package var description: String { "byte \(offset): \(error)" }
}

/// The object was listed, and is not there any more.
package struct ObjectGone: Error {}
