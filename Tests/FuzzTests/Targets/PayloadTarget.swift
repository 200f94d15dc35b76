import Model
import Payload

extension FuzzTarget {
    /// Decoding and splitting of bodies. Three choices (format, coding, rules), then the body.
    static let payload = FuzzTarget("payload", maxBytes: 1 << 16) { input in
        var reader = InputReader(input)
        let format = reader.choice([InputFormat.ndjson, .json, .cloudEventsBatch, .cloudEvent])
        let coding = reader.choice([ContentCoding.identity, .gzip, .zstd])
        let rules = StreamRules(bits: reader.byte())
        if let decoded = try decoded(Array(reader.rest), coding, rules) { try split(decoded, format, rules) }
    }

    /// The decoded body, within its caps; `nil` when it is refused.
    private static func decoded(
        _ body: [UInt8], _ coding: ContentCoding, _ rules: StreamRules
    ) throws -> BodyBuffer? {
        let decoded: BodyBuffer
        do throws(PayloadError) {
            decoded = try Decoder.decode(.of(body), coding: coding, rules: rules)
        } catch {
            switch error {
            case .malformedEncoding, .windowTooLarge, .decodedTooLarge, .expansionTooHigh: return nil
            case .empty, .tooManyEvents, .malformedDocument: throw Breach(description: "decoding threw \(error)")
            }
        }
        try hold(decoded.count <= rules.maxDecodedBytes, "\(decoded.count) bytes decoded, beyond the cap")
        try hold(
            decoded.count <= 1 << 20 || decoded.count / max(1, body.count) <= rules.maxExpansion,
            "\(body.count) bytes expanded to \(decoded.count)")
        switch coding {
        case .identity: try hold(decoded.array == body, "identity changed the body")
        case .gzip: try hold(Zlib.gunzip(body) == decoded.array, "zlib reads another text in the gzip")
        case .zstd: break
        }
        return decoded
    }

    private static func split(_ body: BodyBuffer, _ format: InputFormat, _ rules: StreamRules) throws {
        let encoder = BatchEncoder()
        guard let batch = try Batch(body, format, rules, encoder) else { return }
        let again = try Batch(body, format, rules, encoder)
        try hold(again?.processed.batch.deflated == batch.processed.batch.deflated, "a second time gives other bytes")
        try hold(again?.processed.rejects == batch.processed.rejects, "a second time gives other verdicts")
        try batch.check(body, rules)
        if format == .ndjson {
            try hold(try batch.payloads() == batch.accepted(of: lines(of: body)), "the payloads are not the lines")
        } else if format == .json, batch.processed.batch.entry.accepted > 0 {
            // What was taken from a document is taken as lines as well, and comes out the same.
            let payloads = try batch.payloads()
            let text = BodyBuffer.of(payloads.joined(separator: [UInt8(ascii: "\n")]))
            let asLines = try Batch(text, .ndjson, rules, encoder)
            try hold(asLines?.processed.rejects.isEmpty == true, "as lines, events of the document are refused")
            try hold(try asLines?.payloads() == payloads, "as lines, the events are others")
        }
        try batch.checkQuarantine(body, encoder)
    }

    /// What NDJSON says: between newlines, blanks at the ends aside, empty lines left out.
    private static func lines(of body: BodyBuffer) -> [[UInt8]] {
        let blanks: Set<UInt8> = [0x20, 0x09, 0x0D]
        return body.array.split(separator: 0x0A, omittingEmptySubsequences: true).compactMap { line in
            let line = line.drop { blanks.contains($0) }
            guard let last = line.lastIndex(where: { !blanks.contains($0) }) else { return nil }
            return Array(line[...last])
        }
    }
}

extension StreamRules {
    /// Rules by a byte's bits. The low four are 0 in the printable digit `0`, which stands for the rules without settings.
    init(bits: UInt8) {
        self.init()
        if bits & 1 != 0 { objectsOnly = false }
        if bits & 2 != 0 { checkDuplicateMembers = true }
        if bits & 4 != 0 {
            eventID = "/id"
            eventTime = "/time"
            required = [
                .init(pointer: "/a/b", type: .number), .init(pointer: "/s~1/0", type: .string),
                .init(pointer: "/t", type: .timestamp), .init(pointer: "/x", type: .any),
            ]
        }
        if bits & 8 != 0 {
            maxEventBytes = 64
            maxDepth = 4
            maxEvents = 5
            maxDecodedBytes = 512
            maxEventKeyBytes = 16
        }
        if bits & 0x40 != 0 {
            maxDecodedBytes = 3 << 20
            maxExpansion = 20
        }
    }
}
