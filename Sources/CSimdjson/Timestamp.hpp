// RFC 3339 timestamps.
#pragma once
#include <cstdint>
#include <string_view>

namespace sluice {

// Parses `YYYY-MM-DDTHH:MM:SS[.fraction](Z|+HH:MM|-HH:MM)` into microseconds since 1970. A lower-case t or z and a space
// for the T are taken, as RFC 3339 section 5.6 allows. A leap second counts as the second before it.
inline bool parse_rfc3339(std::string_view text, int64_t &us) {
    auto number = [&](size_t at, size_t count, int64_t &value) {
        if (at + count > text.size()) return false;
        value = 0;
        for (size_t i = at; i < at + count; i++) {
            if (text[i] < '0' || text[i] > '9') return false;
            value = value * 10 + (text[i] - '0');
        }
        return true;
    };
    int64_t year, month, day, hour, minute, second;
    if (text.size() < 20 || !number(0, 4, year) || text[4] != '-' || !number(5, 2, month) || text[7] != '-' ||
        !number(8, 2, day) || (text[10] != 'T' && text[10] != 't' && text[10] != ' ') || !number(11, 2, hour) ||
        text[13] != ':' || !number(14, 2, minute) || text[16] != ':' || !number(17, 2, second))
        return false;
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (month < 1 || month > 12 || day < 1 || day > lengths[month - 1] + (month == 2 && leap) || hour > 23 ||
        minute > 59 || second > 60)
        return false;
    if (second == 60) second = 59;
    size_t at = 19;
    int64_t fraction = 0;
    if (text[at] == '.') {
        size_t digits = 0;
        for (at++; at < text.size() && text[at] >= '0' && text[at] <= '9'; at++, digits++)
            if (digits < 6) fraction = fraction * 10 + (text[at] - '0');
        if (digits == 0) return false;
        for (; digits < 6; digits++) fraction *= 10;
    }
    if (at >= text.size()) return false;
    int64_t offset = 0;
    if (text[at] == 'Z' || text[at] == 'z') {
        at++;
    } else if (text[at] == '+' || text[at] == '-') {
        int64_t hours, minutes;
        if (!number(at + 1, 2, hours) || at + 3 >= text.size() || text[at + 3] != ':' || !number(at + 4, 2, minutes) ||
            hours > 23 || minutes > 59)
            return false;
        offset = (hours * 60 + minutes) * (text[at] == '-' ? -60 : 60);
        at += 6;
    } else {
        return false;
    }
    if (at != text.size()) return false;
    // Days from civil, by Howard Hinnant.
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    int64_t days = era * 146097 + day_of_era - 719468;
    us = (((days * 24 + hour) * 60 + minute) * 60 + second - offset) * 1000000 + fraction;
    return true;
}

}  // namespace sluice
