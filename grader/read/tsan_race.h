// SPDX-License-Identifier: MIT
// One report of a data race by ThreadSanitizer, told in the learner's names:
// "T1 writes `b->total` at line 14 while main thread reads it at line 24; T1
// holds `b->lock`, main thread holds no lock".
//
// Places: the two accesses, then where the memory comes from, then where the
// threads were created, as far as these lie in the answer.
#pragma once

#include <glib.h>

#include "read/context.h"

// Reads the report in LINES[START..END-1]. NULL if neither access is made by
// the answer itself (or by a function of libc that it calls). KIND is
// FINDING_DATA_RACE or, of a use after free, FINDING_MEMORY_ERROR. The caller
// owns the finding.
struct finding *tsan_race_read(const struct read_context *context,
                               enum finding_kind kind, GStrv lines, guint start,
                               guint end);
