// SPDX-License-Identifier: MIT
// Memory for the explorer's own books: zeroed, never given back, apart from the
// program's heap. A schedule's process is short, and gives all of it back.
#pragma once

#include <stddef.h>

// Maps the room; called once, before any schedule is forked.
void room_open(void);
// SIZE bytes, zeroed, aligned to 16. Ends the schedule if the room is full.
void *room_take(size_t size);
