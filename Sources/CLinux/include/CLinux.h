// System calls and flags that Swift's Glibc overlay does not show (they need _GNU_SOURCE).
#pragma once
#include <stdint.h>
#include <sys/types.h>

// fallocate(2) with FALLOC_FL_KEEP_SIZE: reserves space beyond the end without changing the size. 0, or -1 and errno.
int sluice_allocate_keep_size(int fd, off_t offset, off_t length);
// fallocate(2) with FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE: gives space back. 0, or -1 and errno.
int sluice_punch_hole(int fd, off_t offset, off_t length);
// pipe2(2) with O_CLOEXEC: the end to read, the end to write. 0, or -1 and errno.
int sluice_pipe(int ends[2]);
// mallopt(3): keeps buffers of up to 64 MiB in the heap instead of mapping and unmapping each, and bounds the arenas.
void sluice_tune_malloc(void);
// mallopt(3): gives buffers of 1 MiB and more back as soon as they are free, for commands that read much and keep little.
void sluice_return_memory(void);
