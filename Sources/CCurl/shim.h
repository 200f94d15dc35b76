#pragma once
// curl_easy_setopt and curl_easy_getinfo are variadic, which Swift can't call: one function for each type of argument.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

static inline CURLcode sluice_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode sluice_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode sluice_curl_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode sluice_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode sluice_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}
typedef size_t (*sluice_curl_data)(char *, size_t, size_t, void *);
static inline CURLcode sluice_curl_set_data_function(CURL *handle, CURLoption option, sluice_curl_data value) {
    return curl_easy_setopt(handle, option, value);
}
typedef int (*sluice_curl_seek)(void *, curl_off_t, int);
static inline CURLcode sluice_curl_set_seek_function(CURL *handle, sluice_curl_seek value) {
    return curl_easy_setopt(handle, CURLOPT_SEEKFUNCTION, value);
}
static inline long sluice_curl_status(CURL *handle) {
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    return status;
}
static inline long sluice_curl_new_connections(CURL *handle) {
    long count = 0;
    curl_easy_getinfo(handle, CURLINFO_NUM_CONNECTS, &count);
    return count;
}
static inline CURLMcode sluice_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
