import ArgumentParser
import Model

/// A moment as a person gives it: a date, a date with a time in UTC, or how long ago.
struct PointInTime: ExpressibleByArgument {
    let time: Timestamp

    init?(argument text: String) {
        guard let time = PointInTime.parse(text, now: SystemTime().now()) else { return nil }
        self.time = time
    }

    static func parse(_ text: String, now: Timestamp) -> Timestamp? {
        if let unit = text.last, let seconds = (["m": 60, "h": 3600, "d": 86_400] as [Character: Int64])[unit],
            let count = Int64(text.dropLast()), (0...100_000).contains(count)
        {
            return Timestamp(microseconds: now.microseconds - count * seconds * 1_000_000)
        }
        let patterns = ["T00:00:00.000000Z", ":00:00.000000Z", ":00.000000Z", ".000000Z", "Z", ""]
        let bare = text.hasSuffix("Z") ? String(text.dropLast()) : text
        for pattern in patterns {
            if let time = Timestamp(rfc3339: bare + pattern) { return time }
        }
        return nil
    }
}
