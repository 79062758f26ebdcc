// SPDX-License-Identifier: MIT
// The program's heap: nothing given back is given out again, so that a use
// after free is seen whatever the order.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "explore/run.h"

// Maps the heap; called once, before any schedule is forked.
void memory_open(void);
// Ends the schedule if the program may not touch these bytes. PC: who does.
void memory_check(const void *address, size_t size, const void *pc);
// The same, for a plain access, which is told as such.
void memory_check_access(const void *address, size_t size, bool is_write,
                         const void *pc);
// Fills in the block or the local variable that event->object lies in.
void memory_describe(struct event *event);

// A new block of SIZE bytes, or NULL, with errno set.
void *memory_take(size_t size, size_t alignment, const void *pc);
// The runtime has filled a new block on the program's behalf.
void memory_filled(const void *block, size_t size, const void *pc);
// The size of the program's block that begins at ADDRESS; false if there is
// none.
bool memory_size(const void *address, size_t *size);
