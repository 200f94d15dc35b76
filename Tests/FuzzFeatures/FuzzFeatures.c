#include "FuzzFeatures.h"

// libFuzzer finds the section by its name, and clears it before each input.
__attribute__((section("__libfuzzer_extra_counters"))) static uint8_t counters[1 << 14];

void sluice_fuzz_feature(uint32_t feature) {
    uint8_t *counter = &counters[feature % sizeof counters];
    if (*counter < 255) ++*counter;
}
