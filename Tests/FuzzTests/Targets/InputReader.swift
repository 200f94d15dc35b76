import Model

/// Takes an input apart: choices first, text behind them. Written so that inputs can be made by hand: a choice is one
/// byte, and printable ones do.
struct InputReader {
    private(set) var rest: ArraySlice<UInt8>

    init(_ input: [UInt8]) { rest = input[...] }

    /// The next byte; 0 at the end.
    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    /// So many of the next bytes, or what there is.
    mutating func take(_ count: Int) -> [UInt8] {
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    /// One of the options by the next byte.
    mutating func choice<T>(_ options: [T]) -> T { options[Int(byte()) % options.count] }

    /// The rest, cut into pieces of lengths that only the seed decides.
    static func pieces(of bytes: ArraySlice<UInt8>, seed: UInt8) -> [ArraySlice<UInt8>] {
        var pieces: [ArraySlice<UInt8>] = []
        var rest = bytes
        var state = UInt32(seed) | 0x100
        while !rest.isEmpty {
            state = state &* 1_664_525 &+ 1_013_904_223
            // Mostly short, so that cuts fall everywhere; now and then long.
            let length = 1 + Int(state >> 24) % (state & 0x1_0000 == 0 ? 8 : 100)
            pieces.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return pieces
    }
}

extension BodyBuffer {
    static func of(_ bytes: some Sequence<UInt8>) -> BodyBuffer {
        let bytes = Array(bytes)
        let buffer = BodyBuffer(capacity: bytes.count)
        bytes.withUnsafeBytes { buffer.append($0) }
        return buffer
    }

    var array: [UInt8] { withExtendedLifetime(self) { Array(bytes) } }
}
