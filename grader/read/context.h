// SPDX-License-Identifier: MIT
// What every reader needs to know about the answer whose tools' output it
// reads. The caller owns all of it and keeps it while a reader runs.
//
// All readers are pure: text in, findings out (appended to an array made by
// findings_new(), which owns them). No reader trusts its input: a program under
// test may have written part of it, or cut it short.
#pragma once

#include <glib.h>

#include "model/exercise.h"
#include "model/finding.h"
#include "model/stage.h"

struct read_context {
    const struct exercise *exercise;
    enum stage stage;
    const char *answer_file; // base name as compiled: "bank_global.c"
    const char *source;      // the answer's text; may be ""
};

// An empty array of struct finding that owns them.
static inline GPtrArray *findings_new(void) {
    return g_ptr_array_new_with_free_func((GDestroyNotify)finding_free);
}
