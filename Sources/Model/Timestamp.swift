/// A moment of wall-clock time: microseconds since 1970-01-01T00:00:00Z, leap seconds ignored as POSIX does.
///
/// For what is recorded and shown; deadlines use ``MonotonicInstant``.
package struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }
    package static func < (a: Timestamp, b: Timestamp) -> Bool { a.microseconds < b.microseconds }

    /// The calendar parts in UTC (proleptic Gregorian; days-from-civil by Howard Hinnant).
    package var utc:
        (year: Int64, month: Int64, day: Int64, hour: Int64, minute: Int64, second: Int64, microsecond: Int64)
    {
        let perDay: Int64 = 86_400_000_000
        var days = microseconds / perDay
        var rest = microseconds % perDay
        if rest < 0 {
            rest += perDay
            days -= 1
        }
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (
            year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1,
            rest / 3_600_000_000, rest / 60_000_000 % 60, rest / 1_000_000 % 60, rest % 1_000_000
        )
    }

    /// `YYYY-MM-DD`, in UTC.
    package var date: String {
        var text = DecimalText()
        text.add(date: utc)
        return text.description
    }

    /// `HH`, in UTC.
    package var hour: String {
        var text = DecimalText()
        text.add(utc.hour, 2)
        return text.description
    }

    /// RFC 3339 with microseconds, in UTC: `2026-11-23T13:35:00.123456Z`.
    package var description: String {
        let parts = utc
        var text = DecimalText()
        text.add(date: parts)
        text.add("T", parts.hour, 2)
        text.add(":", parts.minute, 2)
        text.add(":", parts.second, 2)
        text.add(".", parts.microsecond, 6)
        text.bytes.append(UInt8(ascii: "Z"))
        return text.description
    }
}

/// Numbers of fixed width, padded with zeros.
private struct DecimalText: CustomStringConvertible {
    var bytes: [UInt8] = []
    var description: String { String(decoding: bytes, as: UTF8.self) }

    init() { bytes.reserveCapacity(32) }

    mutating func add(date parts: (year: Int64, month: Int64, day: Int64, Int64, Int64, Int64, Int64)) {
        add(parts.year, 4)
        add("-", parts.month, 2)
        add("-", parts.day, 2)
    }

    mutating func add(_ separator: Unicode.Scalar, _ value: Int64, _ width: Int) {
        bytes.append(UInt8(ascii: separator))
        add(value, width)
    }

    mutating func add(_ value: Int64, _ width: Int) {
        let digits = String(value).utf8
        for _ in 0..<max(0, width - digits.count) { bytes.append(UInt8(ascii: "0")) }
        bytes += digits
    }
}
