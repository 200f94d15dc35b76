import Model

extension Timestamp {
    /// ISO 8601 as AWS writes expiry times: `2026-01-02T03:04:05Z`, with a fraction of any length (what is below a
    /// microsecond is dropped), or with an offset instead of `Z`.
    init?(iso8601 text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20 else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            guard range.upperBound <= bytes.count else { return nil }
            return bytes[range].reduce(0 as Int64?) { value, byte in
                guard let value, (0x30...0x39).contains(byte) else { return nil }
                return value * 10 + Int64(byte - 0x30)
            }
        }
        func has(_ marks: [(Int, Character)]) -> Bool { marks.allSatisfy { bytes[$0.0] == $0.1.asciiValue } }
        guard has([(4, "-"), (7, "-"), (13, ":"), (16, ":")]), bytes[10] == UInt8(ascii: "T") || bytes[10] == 0x20,
            let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
            let minute = number(14..<16), let second = number(17..<19)
        else { return nil }
        var index = 19
        var microsecond: Int64 = 0
        if bytes[index] == UInt8(ascii: ".") {
            let start = index + 1
            index = start
            while index < bytes.count, (0x30...0x39).contains(bytes[index]) { index += 1 }
            guard index > start, let digits = number(start..<min(index, start + 6)) else { return nil }
            microsecond = (min(index - start, 6)..<6).reduce(digits) { value, _ in value * 10 }
        }
        guard index < bytes.count, let offset = Timestamp.offset(bytes[index...]),
            let local = Timestamp(
                year: year, month: month, day: day, hour: hour, minute: minute, second: second,
                microsecond: microsecond)
        else { return nil }
        self.init(microseconds: local.microseconds - offset * 60_000_000)
    }

    /// Minutes east of UTC: `Z`, `+HH:MM` or `+HHMM`.
    private static func offset(_ zone: ArraySlice<UInt8>) -> Int64? {
        let text = String(decoding: zone, as: UTF8.self)
        if text == "Z" || text == "z" { return 0 }
        let digits = text.dropFirst().filter { $0 != ":" }
        guard let sign = text.first, sign == "+" || sign == "-", digits.count == 4, let value = Int64(digits),
            value % 100 < 60, value / 100 < 24
        else { return nil }
        return (value / 100 * 60 + value % 100) * (sign == "+" ? 1 : -1)
    }
}
