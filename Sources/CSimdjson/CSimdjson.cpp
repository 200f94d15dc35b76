#include "CSimdjson.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <simdjson.h>
#include <string>
#include <string_view>
#include <vector>

#include "Timestamp.hpp"

namespace dom = simdjson::dom;

struct sluice_parser {
    dom::parser parser;
    dom::parser deep;  // for lines that nest to about the limit
    std::vector<sluice_event> events;
    std::string keys;
    std::vector<std::string_view> names;  // scratch of the duplicate check
};

namespace {

constexpr int64_t no_time = std::numeric_limits<int64_t>::min();
constexpr int32_t detail_id = -1, detail_time = -2, detail_cloud_event = -3;
const std::string_view cloud_attributes[] = {"id", "source", "specversion", "type"};

uint8_t verdict_of(simdjson::error_code error) {
    switch (error) {
        case simdjson::SUCCESS: return SLUICE_OK;
        case simdjson::DEPTH_ERROR: return SLUICE_TOO_DEEP;
        case simdjson::UTF8_ERROR: return SLUICE_INVALID_UTF8;
        case simdjson::NUMBER_OUT_OF_RANGE: return SLUICE_NUMBER_OUT_OF_RANGE;
        default: return SLUICE_MALFORMED;
    }
}

bool is_space(uint8_t c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// simdjson 3.0 reports an integer beyond 64 bits and an infinite double as NUMBER_ERROR, as it does bad syntax. Tells them
// apart by RFC 8259's grammar of numbers: if every number in the text follows it, the trouble was range.
bool numbers_follow_grammar(const uint8_t *text, size_t length) {
    size_t i = 0;
    auto digit = [&] { return i < length && text[i] >= '0' && text[i] <= '9'; };
    while (i < length) {
        uint8_t c = text[i];
        if (c == '"') {
            for (i++; i < length && text[i] != '"'; i++) if (text[i] == '\\') i++;
            i++;
        } else if (c == '-' || (c >= '0' && c <= '9')) {
            if (c == '-') i++;
            if (!digit()) return false;
            if (text[i] == '0') i++; else while (digit()) i++;
            if (digit()) return false;
            if (i < length && text[i] == '.') { i++; if (!digit()) return false; while (digit()) i++; }
            if (i < length && (text[i] == 'e' || text[i] == 'E')) {
                i++;
                if (i < length && (text[i] == '+' || text[i] == '-')) i++;
                if (!digit()) return false;
                while (digit()) i++;
            }
            if (i < length && !is_space(text[i]) && text[i] != ',' && text[i] != ']' && text[i] != '}') return false;
        } else {
            i++;
        }
    }
    return true;
}

// Text whose numbers are all well-formed is out of range only if it is well-formed when they are replaced by zeros.
uint8_t number_verdict(dom::parser &parser, const uint8_t *text, size_t length) {
    if (!numbers_follow_grammar(text, length)) return SLUICE_MALFORMED;
    std::string plain;
    plain.reserve(length);
    for (size_t i = 0; i < length;) {
        if (text[i] == '"') {
            size_t start = i;
            for (i++; i < length && text[i] != '"'; i++) if (text[i] == '\\') i++;
            i = std::min(i + 1, length);
            plain.append(reinterpret_cast<const char *>(text) + start, i - start);
        } else if (text[i] == '-' || (text[i] >= '0' && text[i] <= '9')) {
            while (i < length && (strchr("+-.eE", text[i]) || (text[i] >= '0' && text[i] <= '9'))) i++;
            plain += '0';
        } else {
            plain += static_cast<char>(text[i++]);
        }
    }
    return parser.parse(plain).error() ? SLUICE_MALFORMED : SLUICE_NUMBER_OUT_OF_RANGE;
}

uint8_t parse(dom::parser &parser, const uint8_t *text, size_t length, dom::element &root) {
    auto error = parser.parse(text, length, false).get(root);
    if (!error) return SLUICE_OK;
    if (error == simdjson::NUMBER_ERROR) return number_verdict(parser, text, length);
    // A byte order mark, and what is no UTF-8, is reported in different ways by different stages: ask.
    uint8_t verdict = verdict_of(error);
    if (verdict == SLUICE_MALFORMED && !simdjson::validate_utf8(reinterpret_cast<const char *>(text), length))
        return SLUICE_INVALID_UTF8;
    return verdict;
}

bool has_duplicates(sluice_parser &p, dom::element value) {
    if (value.is_array()) {
        for (dom::element item : dom::array(value)) if (has_duplicates(p, item)) return true;
        return false;
    }
    if (!value.is_object()) return false;
    dom::object object(value);
    size_t start = p.names.size();
    for (auto field : object) p.names.push_back(field.key);
    std::sort(p.names.begin() + start, p.names.end());
    bool found = std::adjacent_find(p.names.begin() + start, p.names.end()) != p.names.end();
    p.names.resize(start);
    if (found) return true;
    for (auto field : object) if (has_duplicates(p, field.value)) return true;
    return false;
}

uint32_t depth_of(dom::element value) {
    uint32_t deepest = 0;
    if (value.is_array()) for (dom::element item : dom::array(value)) deepest = std::max(deepest, depth_of(item));
    else if (value.is_object()) for (auto field : dom::object(value)) deepest = std::max(deepest, depth_of(field.value));
    else return 0;
    return deepest + 1;
}

bool timestamp_of(dom::element value, int64_t &us) {
    std::string_view text;
    if (!value.get(text)) return sluice::parse_rfc3339(text, us);
    double number;
    if (value.get(number)) return false;
    // Whole numbers from 10^11 on are milliseconds: as seconds they would lie beyond the year 5138.
    double scaled = number >= 1e11 ? number * 1e3 : number * 1e6;
    if (!(scaled > -6.3e16 && scaled < 2.6e17)) return false;
    us = static_cast<int64_t>(scaled);
    return true;
}

bool has_type(dom::element value, uint8_t type) {
    int64_t us;
    switch (type) {
        case SLUICE_STRING: return value.is_string();
        case SLUICE_NUMBER: return value.is_number();
        case SLUICE_INTEGER: return value.is_int64() || value.is_uint64();
        case SLUICE_BOOLEAN: return value.is_bool();
        case SLUICE_OBJECT: return value.is_object();
        case SLUICE_ARRAY: return value.is_array();
        case SLUICE_TIMESTAMP: return timestamp_of(value, us);
        default: return true;
    }
}

void append_escaped(std::string &out, std::string_view text) {
    static const char hex[] = "0123456789abcdef";
    for (char c : text) {
        auto u = static_cast<unsigned char>(c);
        if (u == '"' || u == '\\') { out += '\\'; out += c; }
        else if (u < 0x20) { out += "\\u00"; out += hex[u >> 4]; out += hex[u & 15]; }
        else out += c;
    }
}

uint8_t fail(sluice_event &event, uint8_t verdict, int32_t detail) {
    event.detail = detail;
    return verdict;
}

uint8_t find(dom::element root, const char *pointer, size_t length, dom::element &value) {
    if (root.at_pointer(std::string_view(pointer, length)).get(value)) return SLUICE_MISSING_MEMBER;
    return value.is_null() ? SLUICE_NULL_MEMBER : SLUICE_OK;
}

// Whether an id that was parsed as 0 was sent as `-0`, the one integer whose digits its value does not tell. Asked by
// having every `-0` of the event read as -1.
bool is_negative_zero(const sluice_rules &rules, const uint8_t *text, size_t length) {
    std::string changed;
    changed.reserve(length);
    for (size_t i = 0; i < length;) {
        size_t start = i;
        if (text[i] == '"') {
            for (i++; i < length && text[i] != '"'; i++) if (text[i] == '\\') i++;
            i = std::min(i + 1, length);
        } else if (text[i] == '-' || (text[i] >= '0' && text[i] <= '9')) {
            while (i < length && (strchr("+-.eE", text[i]) || (text[i] >= '0' && text[i] <= '9'))) i++;
        } else {
            i++;
        }
        std::string_view token(reinterpret_cast<const char *>(text) + start, i - start);
        changed += token == "-0" ? std::string_view("-1") : token;
    }
    dom::parser parser;
    dom::element root, id;
    int64_t value = 0;
    return !parser.allocate(length + 64, rules.max_depth + 2) && !parser.parse(changed).get(root) &&
           !root.at_pointer(std::string_view(rules.id_pointer, rules.id_pointer_length)).get(id) && !id.get(value) &&
           value == -1;
}

// The event's key into the arena: a string's content, or an integer's digits as they were sent.
uint8_t take_key(
    sluice_parser &p, const sluice_rules &rules, dom::element id, const uint8_t *event_text, sluice_event &event) {
    std::string_view text;
    std::string number;
    if (id.get(text)) {
        int64_t i;
        uint64_t u;
        if (!id.get(i)) number = i == 0 && is_negative_zero(rules, event_text, event.length) ? "-0" : std::to_string(i);
        else if (!id.get(u)) number = std::to_string(u);
        else return fail(event, SLUICE_INVALID_KEY, detail_id);
        text = number;
    }
    if (text.empty() || text.size() > rules.max_key_bytes) return fail(event, SLUICE_INVALID_KEY, detail_id);
    event.key_offset = p.keys.size();
    append_escaped(p.keys, text);
    event.key_length = static_cast<uint32_t>(p.keys.size() - event.key_offset);
    return SLUICE_OK;
}

uint8_t check_cloud_event(sluice_parser &p, const sluice_rules &rules, dom::element root, sluice_event &event) {
    std::string_view values[4];
    for (int i = 0; i < 4; i++) {
        dom::element value;
        if (root.at_key(cloud_attributes[i]).get(value)) return fail(event, SLUICE_MISSING_MEMBER, detail_cloud_event - i);
        if (value.is_null()) return fail(event, SLUICE_NULL_MEMBER, detail_cloud_event - i);
        if (value.get(values[i]) || values[i].empty()) return fail(event, SLUICE_WRONG_TYPE, detail_cloud_event - i);
    }
    if (values[2] != "1.0") return fail(event, SLUICE_WRONG_TYPE, detail_cloud_event - 2);
    if (rules.id_pointer_length == 0) {
        if (values[0].size() + values[1].size() + 1 > rules.max_key_bytes) return fail(event, SLUICE_INVALID_KEY, detail_id);
        event.key_offset = p.keys.size();
        append_escaped(p.keys, values[1]);
        p.keys += '#';
        append_escaped(p.keys, values[0]);
        event.key_length = static_cast<uint32_t>(p.keys.size() - event.key_offset);
    }
    return SLUICE_OK;
}

// What a stream asks of an event that is valid JSON.
uint8_t check(
    sluice_parser &p, const sluice_rules &rules, dom::element root, const uint8_t *text, sluice_event &event) {
    if ((rules.objects_only || rules.cloud_event) && !root.is_object()) return SLUICE_NOT_AN_OBJECT;
    if (rules.check_duplicates && has_duplicates(p, root)) return SLUICE_DUPLICATE_MEMBER;
    if (rules.cloud_event)
        if (uint8_t verdict = check_cloud_event(p, rules, root, event)) return verdict;
    dom::element value;
    if (rules.id_pointer_length > 0) {
        if (uint8_t verdict = find(root, rules.id_pointer, rules.id_pointer_length, value))
            return fail(event, verdict, detail_id);
        if (uint8_t verdict = take_key(p, rules, value, text, event)) return verdict;
    }
    if (rules.time_pointer_length > 0) {
        if (uint8_t verdict = find(root, rules.time_pointer, rules.time_pointer_length, value))
            return fail(event, verdict, detail_time);
        if (!timestamp_of(value, event.time_us)) return fail(event, SLUICE_WRONG_TYPE, detail_time);
    }
    for (size_t i = 0; i < rules.requirement_count; i++) {
        const sluice_requirement &wanted = rules.requirements[i];
        if (uint8_t verdict = find(root, wanted.pointer, wanted.pointer_length, value))
            return fail(event, verdict, static_cast<int32_t>(i));
        if (!has_type(value, wanted.type)) return fail(event, SLUICE_WRONG_TYPE, static_cast<int32_t>(i));
    }
    return SLUICE_OK;
}

sluice_event fresh(size_t offset, size_t length) {
    sluice_event event{};
    event.offset = offset;
    event.length = static_cast<uint32_t>(length);
    event.time_us = no_time;
    return event;
}

// simdjson counts the document itself, and its arrays and objects: a scalar needs 1.
void allow(dom::parser &parser, size_t capacity, size_t depth) {
    if (parser.capacity() < capacity || parser.max_depth() != depth)
        (void)parser.allocate(std::max(parser.capacity(), capacity), depth);
}

// One line. simdjson's limit of depth n passes containers up to n - 1 deep, or n when the innermost one is empty, so the
// parser's limit is the stream's: what it passes is within it, and only what it refuses has its depth counted.
uint8_t parse_line(sluice_parser &p, const uint8_t *text, size_t length, const sluice_rules &rules, dom::element &root) {
    uint8_t verdict = parse(p.parser, text, length, root);
    if (verdict != SLUICE_TOO_DEEP) return verdict;
    allow(p.deep, rules.max_event_bytes + 64, rules.max_depth + 1);
    verdict = parse(p.deep, text, length, root);
    return verdict == SLUICE_OK && depth_of(root) > rules.max_depth ? uint8_t(SLUICE_TOO_DEEP) : verdict;
}

// The end of the JSON value that begins at `at`, in text that is known to be valid.
size_t end_of_value(const uint8_t *text, size_t length, size_t at) {
    int depth = 0;
    for (size_t i = at; i < length; i++) {
        uint8_t c = text[i];
        if (c == '"') {
            for (i++; text[i] != '"'; i++) if (text[i] == '\\') i++;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            if (depth == 0) return i;
            depth--;
        } else if (c == ',' && depth == 0) {
            return i;
        }
    }
    return length;
}

}  // namespace

extern "C" {

sluice_parser *sluice_parser_create(void) { return new sluice_parser(); }
void sluice_parser_destroy(sluice_parser *p) { delete p; }
const sluice_event *sluice_events(const sluice_parser *p) { return p->events.data(); }
const char *sluice_keys(const sluice_parser *p) { return p->keys.data(); }

bool sluice_is_utf8(const uint8_t *bytes, size_t length) {
    return simdjson::validate_utf8(reinterpret_cast<const char *>(bytes), length);
}

size_t sluice_validate_lines(
    sluice_parser *p, const uint8_t *body, size_t length, const sluice_rules *rules, size_t max_events) {
    p->events.clear();
    p->keys.clear();
    allow(p->parser, std::min(length, rules->max_event_bytes) + 64, rules->max_depth);
    size_t at = 0;
    while (at < length && p->events.size() <= max_events) {
        auto newline = static_cast<const uint8_t *>(memchr(body + at, '\n', length - at));
        size_t stop = newline ? static_cast<size_t>(newline - body) : length;
        size_t begin = at, end = stop;
        while (end > begin && is_space(body[end - 1])) end--;
        while (begin < end && is_space(body[begin])) begin++;
        at = stop + 1;
        if (begin == end) continue;
        sluice_event event = fresh(begin, end - begin);
        if (end - begin > rules->max_event_bytes) {
            event.verdict = SLUICE_TOO_LARGE;
        } else {
            dom::element root;
            event.verdict = parse_line(*p, body + begin, end - begin, *rules, root);
            if (event.verdict == SLUICE_OK) event.verdict = check(*p, *rules, root, body + begin, event);
        }
        p->events.push_back(event);
    }
    return p->events.size();
}

uint8_t sluice_validate_document(
    sluice_parser *p, const uint8_t *body, size_t length, const sluice_rules *rules, size_t max_events,
    bool array_required, bool single_only, size_t *count) {
    p->events.clear();
    p->keys.clear();
    *count = 0;
    size_t begin = 0, end = length;
    while (end > begin && is_space(body[end - 1])) end--;
    while (begin < end && is_space(body[begin])) begin++;
    // An event may nest as deep as its limit says; beyond that its depth is counted, up to what the parser bears.
    allow(p->parser, length + 64, std::max<size_t>(1024, rules->max_depth + 2));
    dom::element root;
    if (uint8_t verdict = parse(p->parser, body + begin, end - begin, root)) return verdict;
    auto take = [&](dom::element value, size_t offset, size_t size) {
        sluice_event event = fresh(offset, size);
        if (size > rules->max_event_bytes) event.verdict = SLUICE_TOO_LARGE;
        else if (depth_of(value) > rules->max_depth) event.verdict = SLUICE_TOO_DEEP;
        else event.verdict = check(*p, *rules, value, body + offset, event);
        p->events.push_back(event);
    };
    dom::array items;
    if (single_only || root.get(items)) {
        if (array_required && !single_only) return SLUICE_WRONG_TYPE;
        take(root, begin, end - begin);
    } else {
        size_t at = begin + 1;
        for (dom::element item : items) {
            if (p->events.size() > max_events) break;
            while (is_space(body[at])) at++;
            size_t stop = end_of_value(body, end, at);
            size_t last = stop;
            while (last > at && is_space(body[last - 1])) last--;
            take(item, at, last - at);
            at = stop + 1;
        }
    }
    *count = p->events.size();
    return SLUICE_OK;
}

}  // extern "C"
