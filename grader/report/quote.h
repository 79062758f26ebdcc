// SPDX-License-Identifier: MIT
// Places of a finding with the learner's own lines around them:
//
//   exercises/04-thread-safety/bank_global.c:34:5  T1 in bank_transfer
//     33 |     pthread_mutex_unlock(&b->lock);
//     34 |     b->cents[to] += amount;
//        |     ^^^^^^^^^^^^ writes `b->cents[to]`, no lock held
//     35 |     return 0;
//
// The marks stand under the expression that the role names in backticks if the
// line holds it, else under what is written at the place's column, else under
// the whole line. Tools give columns of their own choosing (TSan that of the
// `+=`), so the role's word comes first.
#pragma once

#include <glib.h>

#include "model/finding.h"
#include "model/verdict.h"
#include "report/style.h"

enum quote_detail {
    QUOTE_NAME,   // the place and its role, no source
    QUOTE_LINE,   // and the line itself with its marks
    QUOTE_AROUND, // and one line before and after it
};

// Appends lines (char *, finished) about PLACE to LINES. Source is quoted only
// for places in the answer itself: suites are hidden.
void quote_place(GPtrArray *lines, const struct style *style,
                 const struct verdict *verdict, const struct place *place,
                 enum quote_detail detail);
