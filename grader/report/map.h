// SPDX-License-Identifier: MIT
// The map of the workbook, for `lockstep list`: what there is, in order, how
// hard and how long it is, and where the learner stands.
//
//   4  Thread safety
//   ✓ 4.2 bank_global   The safe bank: one lock around everything  ★★    40 min
//   … 4.3 bank_ordered  One lock an account, and no deadlock       ★★★   60 min
//     4.5 philosophers  Two locks each           after bank_ordered
#pragma once

#include <glib.h>

#include "model/exercise.h"
#include "report/style.h"

enum map_state {
    MAP_NOT_STARTED, // the stub is untouched; shown as blocked while something
                     // it needs is not MAP_SOLVED
    MAP_STARTED,     // worked on, not solved
    MAP_SOLVED
};

// STATES: one for each exercise of the book, in the book's order, counted
// through all chapters. CHAPTER: the number of the only one to show; 0 for all.
void map_write(GString *out, const struct style *style, const struct book *book,
               const enum map_state *states, int chapter);
