// SPDX-License-Identifier: MIT
// Reads what ThreadSanitizer wrote (clang 14, with symbols): any number of
// reports in one text.
//
// What becomes what:
//   data race                                   data-race (tsan_race.h)
//   heap-use-after-free                         memory-error
//   thread leak, created in the answer          thread-leak
//   misuse of a mutex, signal-unsafe call,
//   errno spoiled in a handler                  api-misuse
//   double lock of a mutex                      deadlock
//   lock-order-inversion                        advice
//   SEGV, BUS, FPE, ILL, ABRT                   crash
//   stack-overflow                              memory-error
//
// A report counts only if one of its frames is in the answer's file; of a race,
// if one of the two accesses is made by the answer itself or by libc for it
// (the other may be the test reading the result; one in a function of the
// test's that the answer calls is the test's). TSan's own failures ("CHECK
// failed") are no findings.
#pragma once

#include <glib.h>

#include "read/context.h"

// Appends to FINDINGS (of struct finding) what TEXT says, at most 40.
void tsan_read(const struct read_context *context, const char *text,
               GPtrArray *findings);
