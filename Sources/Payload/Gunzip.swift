internal import CISAL
import Model

/// Inflates gzip (RFC 1952) by ISA-L, checking CRC-32 and ISIZE of every member.
enum Gunzip {
    enum Failure: Error, Equatable {
        case corrupt
        case truncated
        case trailingBytes
        case tooLong
    }

    /// One member that fills `input` exactly. `limit`: bytes it may decode to.
    static func member(_ input: UnsafeRawBufferPointer, into output: BodyBuffer, limit: Int) throws(Failure) {
        var rest = input
        try member(&rest, into: output) { total throws(Failure) in if total > limit { throw .tooLong } }
        guard rest.isEmpty else { throw .trailingBytes }
    }

    /// All members of `input`. `check` is told the decoded bytes so far, and throws to stop.
    static func members<E: Error>(
        _ input: UnsafeRawBufferPointer, into output: BodyBuffer, failure: (Failure) -> E,
        check: (Int) throws(E) -> Void
    ) throws(E) {
        var rest = input
        repeat {
            var stopped: E?
            do throws(Failure) {
                try member(&rest, into: output) { total throws(Failure) in
                    do throws(E) { try check(total) } catch {
                        stopped = error
                        throw .tooLong
                    }
                }
            } catch {
                throw stopped ?? failure(error)
            }
            // What follows a member and does not begin like one is no gzip.
            if let next = rest.first, next != 0x1F { throw failure(.trailingBytes) }
        } while !rest.isEmpty
    }

    private static func member(
        _ rest: inout UnsafeRawBufferPointer, into output: BodyBuffer, check: (Int) throws(Failure) -> Void
    ) throws(Failure) {
        let state = UnsafeMutablePointer<inflate_state>.allocate(capacity: 1)
        defer { state.deallocate() }
        isal_inflate_init(state)
        state.pointee.crc_flag = UInt32(ISAL_GZIP)
        // SAFETY: ISA-L only reads its input; the pointer is not const for historical reasons.
        state.pointee.next_in = UnsafeMutableRawPointer(mutating: rest.baseAddress)?.assumingMemoryBound(to: UInt8.self)
        state.pointee.avail_in = UInt32(rest.count)
        while state.pointee.block_state != ISAL_BLOCK_FINISH {
            let space = min(1 << 20, max(64 << 10, output.capacity - output.count))
            try output.append(minimum: space) { buffer throws(Failure) in
                state.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
                state.pointee.avail_out = UInt32(space)
                let code = isal_inflate(state)
                guard code == ISAL_DECOMP_OK || code == ISAL_END_INPUT else { throw .corrupt }
                return space - Int(state.pointee.avail_out)
            }
            try check(output.count)
            if state.pointee.avail_in == 0, state.pointee.avail_out > 0,
                state.pointee.block_state != ISAL_BLOCK_FINISH
            {
                throw .truncated
            }
        }
        rest = UnsafeRawBufferPointer(rebasing: rest[(rest.count - Int(state.pointee.avail_in))...])
    }
}
