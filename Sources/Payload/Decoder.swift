internal import CZstd
package import Model

/// Undoes a body's content coding, within the stream's caps on size and expansion.
package enum Decoder {
    /// The largest window of a zstd frame: 16 MiB, which covers the largest decoded body that settings allow, and is twice
    /// what RFC 9659 lets producers use over HTTP.
    package static let zstdWindowMaxBytes = 1 << 24

    /// Identity hands the same buffer back. Caps are judged while decoding, before the memory is spent.
    package static func decode(
        _ body: BodyBuffer, coding: ContentCoding, rules: StreamRules
    ) throws(PayloadError) -> BodyBuffer {
        let input = body.bytes
        let check = { (total: Int) throws(PayloadError) in
            if total > rules.maxDecodedBytes { throw .decodedTooLarge(limit: rules.maxDecodedBytes) }
            if total > 1 << 20, total / max(1, input.count) > rules.maxExpansion {
                throw .expansionTooHigh(limit: rules.maxExpansion)
            }
        }
        switch coding {
        case .identity:
            try check(body.count)
            return body
        case .gzip:
            let output = BodyBuffer(capacity: min(rules.maxDecodedBytes, max(64 << 10, input.count * 6)))
            try Gunzip.members(
                input, into: output,
                failure: { failure in
                    switch failure {
                    case .corrupt: .malformedEncoding(detail: "the body is not valid gzip")
                    case .truncated: .malformedEncoding(detail: "the gzip body is truncated")
                    case .trailingBytes: .malformedEncoding(detail: "bytes follow the end of the gzip body")
                    case .tooLong: .decodedTooLarge(limit: rules.maxDecodedBytes)
                    }
                }, check: check)
            return output
        case .zstd:
            return try zstd(input, rules, check)
        }
    }

    private static func zstd(
        _ input: UnsafeRawBufferPointer, _ rules: StreamRules, _ check: (Int) throws(PayloadError) -> Void
    ) throws(PayloadError) -> BodyBuffer {
        let output = BodyBuffer(capacity: min(rules.maxDecodedBytes, max(64 << 10, input.count * 6)))
        guard let context = ZSTD_createDCtx() else { preconditionFailure("no memory for a zstd context") }
        defer { ZSTD_freeDCtx(context) }
        ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Int32(zstdWindowMaxBytes.trailingZeroBitCount))
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var left = 1
        while source.pos < source.size || left != 0 {
            let before = (source.pos, output.count)
            try output.append(minimum: ZSTD_DStreamOutSize()) { buffer throws(PayloadError) in
                var target = ZSTD_outBuffer(dst: buffer.baseAddress, size: ZSTD_DStreamOutSize(), pos: 0)
                left = ZSTD_decompressStream(context, &target, &source)
                guard ZSTD_isError(left) == 0 else {
                    if ZSTD_getErrorCode(left) == ZSTD_error_frameParameter_windowTooLarge {
                        throw .windowTooLarge(limit: zstdWindowMaxBytes)
                    }
                    throw .malformedEncoding(
                        detail: "the body is not valid zstd: \(String(cString: ZSTD_getErrorName(left)))")
                }
                return target.pos
            }
            try check(output.count)
            if left != 0, before == (source.pos, output.count) {
                throw .malformedEncoding(detail: "the zstd body is truncated")
            }
        }
        return output
    }
}
