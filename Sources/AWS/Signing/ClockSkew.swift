package import Model

/// How far this machine's clock is from the server's, learned from the replies that complain of it.
///
/// A value per endpoint: sign with ``corrected(_:)``; when a reply's error code is one of ``errorCodes``, give its
/// `Date` header to ``learn(serverDate:signedAt:now:)`` and, if that says so, sign and send once more. A request that
/// was already signed with the server's time is never told to go round again, so a correction can't loop.
package struct ClockSkew: Hashable, Sendable {
    /// What to do about a request that was refused for its time.
    package enum Lesson: Hashable, Sendable {
        /// The clock was off; sign again and retry, once.
        case retry
        /// Why the clock is not to blame or can't be corrected; treat the reply as a refusal.
        case noHelp(String)
    }

    /// S3, STS and the query services each have their own word for it.
    package static let errorCodes: Set<String> = [
        "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewedException",
    ]

    /// Servers tolerate 15 minutes (S3) or 5 (others): signed within this much of the server's time, it isn't the clock.
    package static let tolerance = Duration.seconds(4 * 60)
    /// A clock that is further off has more wrong with it than a signature (certificates, expiry, recorded times), and
    /// a `Date` that is further off is more likely a broken proxy's. The default is a day.
    package static let limit = Duration.seconds(24 * 60 * 60)

    /// To be added to this machine's time.
    package private(set) var correction = Duration.zero

    package init() {}

    package func corrected(_ now: Timestamp) -> Timestamp {
        Timestamp(microseconds: now.microseconds + microseconds(correction))
    }

    /// Takes the server's time from a reply that came just now to a request that was signed for `signedAt`.
    package mutating func learn(serverDate: String?, signedAt: Timestamp, now: Timestamp) -> Lesson {
        guard let serverDate else { return .noHelp("the reply has no Date header to correct the clock by") }
        guard let server = HTTPDate.parse(serverDate) else { return .noHelp("the reply's Date header is not a date") }
        if distance(server, signedAt) <= ClockSkew.tolerance {
            return .noHelp("the request was signed within \(ClockSkew.tolerance) of the server's time")
        }
        guard distance(server, now) <= ClockSkew.limit else {
            return .noHelp(
                "this machine says \(now) and the server says \(server), more than a day apart: set this machine's clock"
            )
        }
        correction = .microseconds(server.microseconds - now.microseconds)
        return .retry
    }

    private func distance(_ a: Timestamp, _ b: Timestamp) -> Duration {
        .microseconds(abs(a.microseconds - b.microseconds))
    }

    private func microseconds(_ duration: Duration) -> Int64 {
        duration.components.seconds * 1_000_000 + duration.components.attoseconds / 1_000_000_000_000
    }
}
