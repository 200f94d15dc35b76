internal import CSimdjson
package import Model

/// Validates a batch and makes its lines; holds the scratch memory for that, so that nothing is allocated per event.
///
/// For one thread at a time.
package final class BatchEncoder: @unchecked Sendable {
    // SAFETY: used by one thread at a time: whoever took it from its pool.
    private let parser = sluice_parser_create()!
    private let deflater = LineDeflater()

    package init() {}

    deinit { sluice_parser_destroy(parser) }

    /// - Parameter body: decoded.
    /// - Throws: when the body as a whole is refused. Events that are refused one by one are in the result.
    package func encode(
        _ body: BodyBuffer, format: InputFormat, rules: StreamRules, identity: BatchIdentity, receivedAt: Timestamp
    ) throws(PayloadError) -> ProcessedBatch {
        let compiled = CompiledRules(rules, cloudEvent: format == .cloudEvent || format == .cloudEventsBatch)
        let count = try withExtendedLifetime(compiled) { () throws(PayloadError) in
            try validate(body.bytes, format, rules, compiled.rules)
        }
        guard count > 0 else { throw .empty }
        guard count <= rules.maxEvents else { throw .tooManyEvents(limit: rules.maxEvents) }
        let events = UnsafeBufferPointer(start: sluice_events(parser), count: count)
        let keys = sluice_keys(parser)
        let line = LineParts(identity: identity, batchSize: count, receivedAt: receivedAt)
        let mayBreakLines = format != .ndjson
        var rejects: [RejectedEvent] = []
        var times: ClosedRange<Int64>?
        deflater.begin(expected: body.count + count * line.bytesPerLine)
        for index in 0..<count {
            let event = events[index]
            let start = Int(event.offset)
            let range = start..<start + Int(event.length)
            guard event.verdict == UInt8(SLUICE_OK) else {
                rejects.append(rejected(event, index, range, rules))
                continue
            }
            let payload = UnsafeRawBufferPointer(rebasing: body.bytes[range])
            let key = UnsafeRawBufferPointer(
                start: event.key_length > 0 ? keys! + Int(event.key_offset) : nil, count: Int(event.key_length))
            line.write(index, key: key, payload, onOneLine: mayBreakLines, to: deflater)
            if event.time_us != .min {
                times =
                    times.map { min($0.lowerBound, event.time_us)...max($0.upperBound, event.time_us) }
                    ?? event.time_us...event.time_us
            }
        }
        let accepted = count - rejects.count
        let entry = BatchEntry(
            digest: identity.digest, fingerprint: identity.fingerprint, receivedAt: receivedAt,
            accepted: UInt32(accepted),
            rejects: rejects.map { .init(index: UInt32($0.index), reason: $0.reason) })
        return ProcessedBatch(
            received: count,
            batch: finished(
                entry, times.map { Timestamp(microseconds: $0.lowerBound)...Timestamp(microseconds: $0.upperBound) }),
            rejects: rejects)
    }

    /// The rejected events as lines of `_quarantine`: reason, detail and raw bytes.
    package func encodeQuarantine(
        _ processed: ProcessedBatch, body: BodyBuffer, stream: StreamName, identity: BatchIdentity,
        receivedAt: Timestamp
    ) -> EncodedBatch {
        let own = identity.quarantined(in: stream, processed.batch.entry.rejects)
        let line = LineParts(identity: identity, batchSize: processed.received, receivedAt: receivedAt)
        deflater.begin(expected: processed.rejects.reduce(0) { $0 + $1.range.count + 400 })
        for reject in processed.rejects {
            let raw = UnsafeRawBufferPointer(rebasing: body.bytes[reject.range])
            var payload = QuarantineText.payload(of: reject, stream: stream, raw: raw)
            payload.withUTF8 {
                line.write(
                    reject.index, key: UnsafeRawBufferPointer(start: nil, count: 0), UnsafeRawBufferPointer($0),
                    onOneLine: false, to: deflater)
            }
        }
        return finished(
            BatchEntry(
                digest: own.digest, fingerprint: own.fingerprint, receivedAt: receivedAt,
                accepted: UInt32(processed.rejects.count)), nil)
    }

    private func finished(_ entry: BatchEntry, _ times: ClosedRange<Timestamp>?) -> EncodedBatch {
        let deflated = entry.accepted == 0 ? [] : deflater.finish()
        return EncodedBatch(
            entry: entry, deflated: deflated, crc32: deflater.crc32, uncompressedCount: deflater.uncompressedCount,
            eventTimes: times)
    }

    /// The number of events; at most one more than allowed.
    private func validate(
        _ bytes: UnsafeRawBufferPointer, _ format: InputFormat, _ rules: StreamRules, _ compiled: sluice_rules
    ) throws(PayloadError) -> Int {
        var compiled = compiled
        let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        if format == .ndjson { return sluice_validate_lines(parser, base, bytes.count, &compiled, rules.maxEvents) }
        guard bytes.contains(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) else { throw .empty }
        var count = 0
        let verdict = sluice_validate_document(
            parser, base, bytes.count, &compiled, rules.maxEvents, format == .cloudEventsBatch, format == .cloudEvent,
            &count)
        guard verdict == UInt8(SLUICE_OK) else {
            let reason = RejectReason(rawValue: verdict) ?? .malformedJSON
            throw .malformedDocument(reason, detail: RejectDetail.ofDocument(reason, format))
        }
        return count
    }

    private func rejected(
        _ event: sluice_event, _ index: Int, _ range: Range<Int>, _ rules: StreamRules
    ) -> RejectedEvent {
        guard let reason = RejectReason(rawValue: event.verdict) else {
            preconditionFailure("the validator gave an unknown verdict: \(event.verdict)")
        }
        return RejectedEvent(
            index: index, reason: reason,
            detail: RejectDetail.of(reason, member: Int(event.detail), bytes: range.count, rules), range: range)
    }
}
