/// 16 bytes: the first half of the SHA-256 of `producer`, a zero byte and the batch key. What dedup compares.
package struct BatchDigest: Hashable, Sendable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// 32 lowercase hex digits.
    package var hex: String {
        [high, low].map { half in
            let digits = String(half, radix: 16)
            return String(repeating: "0", count: 16 - digits.utf8.count) + digits
        }.joined()
    }
}

/// 8 bytes that tell whether a repeated batch key carries the same decoded body. It guards a producer against its own
/// mistake (a key reused for another body), so it need not resist an attacker; the key itself is compared by SHA-256.
package struct PayloadFingerprint: Hashable, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }
}
