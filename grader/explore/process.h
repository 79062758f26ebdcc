// SPDX-License-Identifier: MIT
// The process of a schedule: how it ends, and what else may happen to it.
#pragma once

#include <stdbool.h>

// From now on a crash, and a loop without steps, is recorded as the schedule's
// end. Called in the schedule's process.
void process_watch_signals(void);
// The same for the stack of the calling thread, which may overflow.
void process_watch_stack(void);
// Whether the program may end itself now: a scenario may not.
bool process_may_end(void);
// The program says that it is wrong, without a place.
void process_fail(const char *message, const void *pc);
// PC if it lies in the program, else NULL.
const void *process_place(const void *pc);
