// SPDX-License-Identifier: MIT
// Reads what AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer
// wrote (clang 14, with symbols): any number of reports in one text.
//
// What becomes what:
//   overflow, use after free/return/scope,
//   double or bad free, overlap, stack used up   memory-error
//   SEGV and its like                            crash
//   "… leak of N byte(s)"                        memory-leak: one for each line
//                                                of the answer that allocates,
//                                                the largest first
//   "…: runtime error: …"                        undefined-behaviour
//
// A report counts only if a frame is in the answer's file: the access, the
// allocation or the free. An UBSan line counts if its own place is.
#pragma once

#include <glib.h>

#include "read/context.h"

// Appends to FINDINGS (of struct finding) what TEXT says, at most 40.
void asan_read(const struct read_context *context, const char *text,
               GPtrArray *findings);
