package import Model
import Synchronization

/// One producer's quota, shared by all its connections. Any thread.
package final class QuotaMeter: Sendable {
    private struct Buckets {
        var events: TokenBucket?
        var bytes: TokenBucket?
    }

    /// How one limit stands, as the `RateLimit` fields say it.
    package struct Standing: Sendable, Equatable {
        /// `events` or `bytes`.
        package var policy: Policy
        /// Tokens in a full window.
        package var quota: Int
        package var window: Duration
        package var left: Int
        package var untilFull: Duration
    }

    package enum Policy: String, Sendable { case events, bytes }

    package let quota: Quota
    private let window: Duration
    private let buckets: Mutex<Buckets>

    /// `window`: how much of the rate may be used at once. Default 10 s (`access.quota_window_seconds`).
    package init(_ quota: Quota, window: Duration, now: MonotonicInstant) {
        self.quota = quota
        self.window = window
        buckets = Mutex(
            Buckets(
                events: quota.eventsPerSecond.map { TokenBucket(rate: $0, window: window, now: now) },
                bytes: quota.bytesPerSecond.map { TokenBucket(rate: $0, window: window, now: now) }))
    }

    /// How long the producer must wait before its next batch; `nil`: not at all.
    package func wait(now: MonotonicInstant) -> Duration? {
        buckets.withLock { buckets in
            let waits = [buckets.events?.wait(now: now), buckets.bytes?.wait(now: now)]
            return waits.compactMap(\.self).max()
        }
    }

    package func spend(events: Int = 0, bytes: Int = 0, now: MonotonicInstant) {
        buckets.withLock { buckets in
            if events > 0 { buckets.events?.spend(events, now: now) }
            if bytes > 0 { buckets.bytes?.spend(bytes, now: now) }
        }
    }

    package func standing(now: MonotonicInstant) -> [Standing] {
        buckets.withLock { buckets in
            var list: [Standing] = []
            if var events = buckets.events {
                list.append(standing(.events, &events, now))
                buckets.events = events
            }
            if var bytes = buckets.bytes {
                list.append(standing(.bytes, &bytes, now))
                buckets.bytes = bytes
            }
            return list
        }
    }

    private func standing(_ name: Policy, _ bucket: inout TokenBucket, _ now: MonotonicInstant) -> Standing {
        Standing(
            policy: name, quota: Int(bucket.capacity), window: window, left: bucket.left(now: now),
            untilFull: bucket.untilFull(now: now))
    }
}
