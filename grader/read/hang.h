// SPDX-License-Identifier: MIT
// Explains a test that did not end, from the RECORD_WAITING records about it:
// who stands where, waits for what, and who holds that.
//
// The kind, first match wins:
//   stopped       a process of the test was stopped by a signal: hang
//   deadlock      a thread locks what it holds already; a circle of locks and
//                 joins; a lock held by a thread that has ended, or by one that
//                 itself waits for something else that never comes
//   busy-wait     a thread still runs, and the lines around where it was seen
//                 ask again and again (trylock, sched_yield, an atomic load …),
//                 or it keeps a lock while it does so, or it spins in a spin
//                 lock
//   lost-wakeup   threads wait in a condition or semaphore, and nobody is left
//                 who runs
//   hang          anything else: a loop that does not end, a read whose end of
//                 file never comes, a child that is waited for, a barrier
//
// A thread that only the test's own code keeps waiting is never the culprit if
// another one waits in the answer.
#pragma once

#include <glib.h>

#include "model/outcome.h"
#include "read/context.h"

// WAITING: the test's RECORD_WAITING records (const struct record *), as many
// as there are; HOW: field 0 of its RECORD_EXIT: "stuck", "cpu", "wall",
// "stopped". Never NULL; the caller owns it.
struct finding *hang_read(const struct read_context *context, const char *how,
                          const GPtrArray *waiting);
