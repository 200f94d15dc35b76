#pragma once
#include <stdint.h>

// Counts something that a target saw, as if it were a place in the code: libFuzzer keeps inputs that reach new ones. For
// what the coverage of our own code can't tell apart.
void sluice_fuzz_feature(uint32_t feature);
