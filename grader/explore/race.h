// SPDX-License-Identifier: MIT
// Data races: two accesses to a byte, one of them a write, by threads neither
// of which knows of the other's. Every access of the schedule is remembered, so
// nothing is missed for want of room.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "explore/run.h"

struct access {
    const void *address;
    size_t size;
    bool is_write, is_atomic;
    const void *pc;
};
// Ends the schedule if it races with an earlier one.
void race_check(const struct access *access, unsigned step);

// The library wrote there on the running thread's behalf.
void race_wrote(const void *address, size_t size, const void *pc);
void race_free_block(const void *address, size_t size, const void *pc);
// What was there before is forgotten.
void race_new_block(const void *address, size_t size);
