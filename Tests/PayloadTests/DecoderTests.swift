import Model
import Payload
import Testing

@Suite struct DecoderTests {
    private let codings: [ContentCoding] = [.gzip, .zstd]

    private func decode(
        _ bytes: [UInt8], _ coding: ContentCoding, _ rules: StreamRules = StreamRules()
    ) throws(PayloadError) -> [UInt8] {
        let text = try Decoder.decode(body(bytes), coding: coding, rules: rules)
        return withExtendedLifetime(text) { Array(text.bytes) }
    }

    private func expectMalformed(_ bytes: [UInt8], _ coding: ContentCoding, _ what: String) {
        do {
            let text = try decode(bytes, coding)
            Issue.record("\(coding) \(what): decoded to \(text.count) bytes")
        } catch .malformedEncoding {
        } catch { Issue.record("\(coding) \(what): \(error)") }
    }

    /// Text that does not compress to nothing.
    private func text(_ count: Int) -> [UInt8] {
        var state: UInt32 = 1
        return (0..<count).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(ascii: "a") + UInt8(state >> 28)
        }
    }

    @Test("identity hands the same buffer back")
    func identity() throws {
        let buffer = body("{}")
        #expect(try Decoder.decode(buffer, coding: .identity, rules: StreamRules()) === buffer)
    }

    @Test("what was compressed comes back, of any size")
    func roundTrip() throws {
        for coding in codings {
            for count in [0, 1, 100, 65_535, 65_536, 65_537, 1 << 20, 3 << 20] {
                let text = text(count)
                #expect(try decode(try Compression.encode(text, coding), coding) == text, "\(coding) \(count)")
            }
        }
    }

    @Test("a body cut anywhere is refused")
    func truncated() throws {
        for coding in codings {
            let whole = try Compression.encode(text(2000), coding)
            for count in 0..<whole.count { expectMalformed(Array(whole[..<count]), coding, "cut to \(count)") }
            let large = try Compression.encode(text(1 << 20), coding)
            expectMalformed(Array(large.dropLast()), coding, "large, cut by one")
            expectMalformed(Array(large[..<(large.count / 2)]), coding, "large, cut in half")
        }
    }

    @Test("a flipped byte is refused, or harmless")
    func corrupt() throws {
        let text = text(500)
        let gzip = try Compression.gzip(text)
        for index in gzip.indices {
            var bytes = gzip
            bytes[index] ^= 0x10
            // Of the head, time, flags for extra strength and system say nothing about the text.
            if (4..<10).contains(index) { continue }
            expectMalformed(bytes, .gzip, "flipped at \(index)")
        }
        var zstd = try Compression.zstd(text)
        zstd[0] ^= 1
        expectMalformed(zstd, .zstd, "magic")
    }

    @Test("bytes behind the end are refused")
    func trailing() throws {
        for coding in codings {
            let whole = try Compression.encode(text(200), coding)
            for garbage: [UInt8] in [[0], [0x0A], Array("garbage".utf8), [0x1F], [0x1F, 0x8B], [0x28, 0xB5, 0x2F]] {
                expectMalformed(whole + garbage, coding, "followed by \(garbage)")
            }
        }
    }

    @Test("several members or frames are one body, empty ones too")
    func members() throws {
        for coding in codings {
            let parts = [text(10), [], text(70_000), text(1)]
            let bytes = try parts.flatMap { try Compression.encode($0, coding) }
            #expect(try decode(bytes, coding) == parts.flatMap(\.self), "\(coding)")
            expectMalformed(Array(bytes.dropLast(3)), coding, "last member cut")
        }
    }

    @Test("a bomb is refused for its size")
    func bombBySize() throws {
        var rules = StreamRules()
        rules.maxExpansion = 1_000_000
        for coding in codings {
            let bomb = try Compression.encode([UInt8](repeating: 0, count: 64 << 20), coding)
            #expect(throws: PayloadError.decodedTooLarge(limit: rules.maxDecodedBytes), "\(coding)") {
                try Decoder.decode(body(bomb), coding: coding, rules: rules)
            }
        }
    }

    @Test("a bomb is refused for its expansion, but only beyond 1 MiB")
    func bombByRatio() throws {
        let rules = StreamRules()
        for coding in codings {
            let small = try Compression.encode([UInt8](repeating: 32, count: 1 << 20), coding)
            #expect(try decode(small, coding).count == 1 << 20)
            let bomb = try Compression.encode([UInt8](repeating: 32, count: 4 << 20), coding)
            #expect(throws: PayloadError.expansionTooHigh(limit: 100), "\(coding)") {
                try Decoder.decode(body(bomb), coding: coding, rules: rules)
            }
        }
    }

    /// A zstd frame by hand (RFC 8878, 3.1.1) with the window descriptor and one raw block.
    private func frame(window: UInt8, _ text: [UInt8]) -> [UInt8] {
        let head = UInt32(text.count) << 3 | 1
        return [0x28, 0xB5, 0x2F, 0xFD, 0, window] + [0, 8, 16].map { UInt8(truncatingIfNeeded: head >> $0) } + text
    }

    @Test("a zstd window of 16 MiB is taken, the next larger one is refused by name of the limit")
    func window() throws {
        let text = Array("{}".utf8)
        // Exponent in the upper 5 bits, eighths in the lower 3: 2^24 and 2^24 + 2^21 bytes.
        #expect(try decode(frame(window: 14 << 3, text), .zstd) == text)
        for window: UInt8 in [14 << 3 | 1, 15 << 3, 21 << 3, 31 << 3 | 7] {
            #expect(throws: PayloadError.windowTooLarge(limit: 16 << 20), "\(window)") {
                try Decoder.decode(body(frame(window: window, text)), coding: .zstd, rules: StreamRules())
            }
        }
        // Also when it is not the first frame that asks for it.
        #expect(throws: PayloadError.windowTooLarge(limit: 16 << 20)) {
            try Decoder.decode(
                body(frame(window: 0, text) + frame(window: 15 << 3, text)), coding: .zstd, rules: StreamRules())
        }
    }

    @Test("what is no gzip or zstd at all is refused")
    func otherBytes() {
        for coding in codings {
            expectMalformed(Array("{\"a\":1}".utf8), coding, "plain text")
            expectMalformed([0], coding, "one byte")
        }
    }
}
