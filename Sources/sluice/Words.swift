import Foundation
import Model

/// Numbers as people read them.
enum Words {
    /// `1,234,567`.
    static func count(_ value: some BinaryInteger) -> String {
        var digits = Array(String(value))
        for index in stride(from: digits.count - 3, to: 0, by: -3) where digits[index - 1] != "-" {
            digits.insert(",", at: index)
        }
        return String(digits)
    }

    /// `1 world`, `2 worlds`.
    static func counted(_ count: some BinaryInteger, _ one: String, _ many: String) -> String {
        "\(count) \(count == 1 ? one : many)"
    }

    /// `3.2 MB`: powers of 1000.
    static func bytes(_ value: Int64) -> String {
        var size = Double(value)
        for unit in ["B", "kB", "MB", "GB"] {
            if size < 1000 { return unit == "B" ? "\(value) B" : String(format: "%.1f %@", size, unit as NSString) }
            size /= 1000
        }
        return String(format: "%.1f TB", size)
    }

    /// `42 s`, `3 min`, `5 h 12 min`, `2 d 4 h`.
    static func duration(_ seconds: Double) -> String {
        let whole = Int(max(0, seconds))
        switch whole {
        case ..<120: return "\(whole) s"
        case ..<7200: return "\(whole / 60) min"
        case ..<172_800: return "\(whole / 3600) h \(whole % 3600 / 60) min"
        default: return "\(whole / 86_400) d \(whole % 86_400 / 3600) h"
        }
    }

    /// Between two times as the gateway writes them; empty when they are no times.
    static func since(_ earlier: String, _ now: String) -> String {
        guard let earlier = Timestamp(rfc3339: earlier), let now = Timestamp(rfc3339: now) else { return "" }
        return duration(Double(now.microseconds - earlier.microseconds) / 1e6)
    }
}
