extension Timestamp {
    /// A moment by its calendar parts in UTC (days from civil, by Howard Hinnant); nil for a month that is not 1-12, a
    /// day the month doesn't have, or a time that is not on the clock. A leap second counts as the second after it.
    package init?(
        year: Int64, month: Int64, day: Int64, hour: Int64, minute: Int64, second: Int64, microsecond: Int64 = 0
    ) {
        guard (0...9999).contains(year), (1...12).contains(month), (1...31).contains(day), (0...23).contains(hour),
            (0...59).contains(minute), (0...60).contains(second), (0...999_999).contains(microsecond)
        else { return nil }
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        self.init(microseconds: (((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000 + microsecond)
        // 31 April would have come out as 1 May.
        guard Timestamp(microseconds: days * 86_400_000_000).utc.day == day else { return nil }
    }
}
