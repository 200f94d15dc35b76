package import Model

/// An hour of landing, as in `date=2026-11-23/hour=13`.
package struct LandingHour: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Hours since 1970.
    package let number: Int32

    package init(_ time: Timestamp) {
        // Floor, so that it holds before 1970 too.
        let hours = time.microseconds / 3_600_000_000
        number = Int32(clamping: time.microseconds % 3_600_000_000 < 0 ? hours - 1 : hours)
    }

    /// Parses `date=YYYY-MM-DD` and `hour=HH`.
    package init?(date: some StringProtocol, hour: some StringProtocol) {
        guard date.hasPrefix("date="), hour.hasPrefix("hour="),
            let time = Timestamp(rfc3339: "\(date.dropFirst(5))T\(hour.dropFirst(5)):00:00.000000Z"),
            "date=\(time.date)" == date, "hour=\(time.hour)" == hour
        else { return nil }
        self.init(time)
    }

    /// When it begins.
    package var start: Timestamp { Timestamp(microseconds: Int64(number) * 3_600_000_000) }
    package static func < (a: LandingHour, b: LandingHour) -> Bool { a.number < b.number }
    package var description: String { "date=\(start.date)/hour=\(start.hour)" }
}
