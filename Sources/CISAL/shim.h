#include <isa-l.h>

// A sizeof expression, which Swift does not import.
static inline unsigned sluice_isal_level1_bytes(void) { return ISAL_DEF_LVL1_DEFAULT; }
