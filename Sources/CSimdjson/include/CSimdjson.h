// Full JSON validation of the events of a batch by simdjson's DOM parser, behind a C interface.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Verdicts; 1 to 11 are Model.RejectReason's raw values.
enum {
    SLUICE_OK = 0,
    SLUICE_MALFORMED = 1,
    SLUICE_INVALID_UTF8 = 2,
    SLUICE_DUPLICATE_MEMBER = 3,
    SLUICE_TOO_DEEP = 4,
    SLUICE_TOO_LARGE = 5,
    SLUICE_NOT_AN_OBJECT = 6,
    SLUICE_MISSING_MEMBER = 7,
    SLUICE_NULL_MEMBER = 8,
    SLUICE_WRONG_TYPE = 9,
    SLUICE_INVALID_KEY = 10,
    SLUICE_NUMBER_OUT_OF_RANGE = 11,
};

// The JSON type a member must have.
enum { SLUICE_ANY, SLUICE_STRING, SLUICE_NUMBER, SLUICE_INTEGER, SLUICE_BOOLEAN, SLUICE_OBJECT, SLUICE_ARRAY, SLUICE_TIMESTAMP };

typedef struct {
    const char *pointer;  // RFC 6901
    size_t pointer_length;
    uint8_t type;
} sluice_requirement;

typedef struct {
    // Where the event's id and time are; length 0: none.
    const char *id_pointer;
    size_t id_pointer_length;
    const char *time_pointer;
    size_t time_pointer_length;
    const sluice_requirement *requirements;
    size_t requirement_count;
    bool objects_only;
    bool check_duplicates;
    // The event is a CloudEvent 1.0: its required attributes are checked, and without an id pointer its key is
    // `<source>#<id>`.
    bool cloud_event;
    uint32_t max_depth;
    size_t max_event_bytes;
    size_t max_key_bytes;
} sluice_rules;

typedef struct {
    uint64_t offset;  // in the body
    uint32_t length;
    uint32_t key_length;  // UTF-8, JSON-escaped, in the key arena; 0: derive the key
    uint64_t key_offset;
    int64_t time_us;  // event time, or INT64_MIN
    uint8_t verdict;
    int32_t detail;  // for WRONG_TYPE, MISSING, NULL: index of the requirement; -1 id, -2 time, -3.. CloudEvents
} sluice_event;

typedef struct sluice_parser sluice_parser;

sluice_parser *sluice_parser_create(void);
void sluice_parser_destroy(sluice_parser *);

// Validates every line of an NDJSON body (readable for 64 bytes behind its end). Blank lines are passed over. Returns the
// number of events found, at most `max_events` + 1. The events and the key arena stay valid until the next call.
size_t sluice_validate_lines(sluice_parser *, const uint8_t *body, size_t length, const sluice_rules *, size_t max_events);

// Validates one JSON document: an array's elements are the events, anything else is the only event. Returns SLUICE_OK, or
// why the document as a whole is refused. `count` is at most `max_events` + 1.
uint8_t sluice_validate_document(
    sluice_parser *, const uint8_t *body, size_t length, const sluice_rules *, size_t max_events, bool array_required,
    bool single_only, size_t *count);

const sluice_event *sluice_events(const sluice_parser *);
const char *sluice_keys(const sluice_parser *);

// Whether the bytes are valid UTF-8.
bool sluice_is_utf8(const uint8_t *bytes, size_t length);

#ifdef __cplusplus
}
#endif
