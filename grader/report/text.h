// SPDX-License-Identifier: MIT
// Text that comes from a learner or a tool, made fit for a terminal: nothing in
// it can move the cursor, change colours, or hide what stands there.
//
//  1. text_clean() first, on everything that is not a literal of the grader.
//  2. The others measure, cut and wrap what text_clean() returned, in columns
//     of the terminal.
// Every string returned is the caller's.
#pragma once

#include <glib.h>

#include "report/style.h"

// Control characters become ^X or <U+009B>, and so do those that reorder or
// hide text; bytes that are no UTF-8 become \xff; a tab ends at a multiple of
// four columns. A newline stays. Where the locale is not UTF-8, every other
// character outside ASCII becomes a question mark.
char *text_clean(const struct style *style, const char *text);

// The same for the first LENGTH bytes of TEXT.
char *text_clean_part(const struct style *style, const char *text,
                      gsize length);

int text_columns(const char *text);

// From column FIRST (from 0), at most COLUMNS of them.
char *text_slice(const char *text, int first, int columns);

// The whole text if it fits into COLUMNS, else cut, with "…" at the end. Its
// newlines become blanks.
char *text_cut(const struct style *style, const char *text, int columns);

// Lines (char *) of at most COLUMNS, broken at blanks where there are any.
// A newline in TEXT starts a new line; blanks at its start stay. An empty text
// has none.
GPtrArray *text_wrap(const char *text, int columns);
