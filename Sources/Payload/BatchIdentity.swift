internal import CISAL
package import Model

/// Who sent a batch under which key, and what its body was.
package struct BatchIdentity: Sendable {
    package let producer: String
    /// The `Idempotency-Key`, or the SHA-256 of stream, producer and decoded body in hex.
    package let key: String
    package let fingerprint: PayloadFingerprint
    /// SHA-256 of producer, NUL and key.
    package let sha256: [UInt8]

    package init(producer: String, key: String, fingerprint: PayloadFingerprint) {
        self.producer = producer
        self.key = key
        self.fingerprint = fingerprint
        sha256 = SHA256.hash(Array(producer.utf8) + [0] + Array(key.utf8))
    }

    /// Takes the producer's key, or derives one from the decoded body.
    package init(stream: StreamName, producer: String, idempotencyKey: String?, body: BodyBuffer) {
        let fingerprint = PayloadFingerprint(of: body)
        if let idempotencyKey {
            self.init(producer: producer, key: idempotencyKey, fingerprint: fingerprint)
            return
        }
        var hash = SHA256()
        (Array(stream.rawValue.utf8) + [0] + Array(producer.utf8) + [0]).withUnsafeBytes { hash.update($0) }
        hash.update(body.bytes)
        self.init(producer: producer, key: hexText(hash.finish()), fingerprint: fingerprint)
    }

    /// The key under which the refused events of a batch are quarantined. Its own: a retry of the batch must find these
    /// lines, whatever the batch's own key finds; another body under the same key, which is legitimate while none was
    /// acknowledged, must not. Nor must the same body where the settings have changed and others of its events are refused.
    package func quarantined(in stream: StreamName, _ rejects: [BatchEntry.Reject]) -> BatchIdentity {
        let refused = rejects.map { "\($0.index) \($0.reason.rawValue)" }.joined(separator: ",")
        return BatchIdentity(
            producer: producer, key: "\(stream)\u{0}\(fingerprint.rawValue)\u{0}\(refused)\u{0}\(key)",
            fingerprint: fingerprint)
    }

    package var digest: BatchDigest {
        sha256.withUnsafeBytes {
            BatchDigest(
                high: UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)),
                low: UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
        }
    }
    package var sha256Hex: String { hexText(sha256) }
}

extension PayloadFingerprint {
    /// CRC-64 (ECMA-182, reflected) of the decoded body, by ISA-L.
    package init(of body: BodyBuffer) {
        let bytes = body.bytes
        self.init(
            rawValue: crc64_ecma_refl(0, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(bytes.count)))
    }
}
