#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H

#include <stdint.h>

/// Allocations of this process since its start: the malloc family is interposed by this target.
uint64_t allocation_count(void);

/// Bytes of the heap that are in use.
uint64_t allocated_bytes(void);

#endif
