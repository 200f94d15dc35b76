import Model

/// The `Date` header's form (RFC 9110, 5.6.7).
enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// `Sun, 06 Nov 1994 08:49:37 GMT`. For moments after 1970.
    static func text(_ moment: Timestamp) -> String {
        let parts = moment.utc
        let weekday = days[Int(max(0, moment.microseconds) / 86_400_000_000 % 7)]
        return "\(weekday), \(two(parts.day)) \(months[Int(parts.month) - 1]) \(parts.year) "
            + "\(two(parts.hour)):\(two(parts.minute)):\(two(parts.second)) GMT"
    }

    private static func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
