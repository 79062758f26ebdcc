// SPDX-License-Identifier: MIT
// Finds a learner's own words for what a tool reports by line and column: the
// lvalue that is read or written there, the argument of a call. It looks at
// tokens, not at a syntax tree: where it cannot be sure it returns NULL, and a
// reader then says less.
#pragma once

#include <glib.h>
#include <stdbool.h>

// Line LINE (from 1) without its indentation; NULL if there is none. The caller
// frees it, as all strings here.
char *source_line(const char *source, int line);

// The variable accessed at LINE:COLUMN ("b->total", "cells[3]"), where a
// compiler puts an access: on the member's name, the first token of an element,
// or the operator of an assignment or increment. COLUMN 0, unknown: the target
// of the line's first assignment, if IS_WRITE. NULL if unsure.
char *source_variable(const char *source, int line, int column, bool is_write);

// Argument INDEX (from 0) of the first call on LINE, at or after COLUMN (0: the
// line's start), whose function's name contains NAME: for "pthread_mutex_lock"
// and "pthread_mutex_lock(&from->lock)" it is "from->lock": a leading & and
// blanks are taken off. The call may go on in the following lines. NULL if
// there is no such call.
char *source_argument(const char *source, int line, int column,
                      const char *name, int index);

// The name of the function called at LINE:COLUMN (the identifier before the
// first '(' from there on), or NULL.
char *source_callee(const char *source, int line, int column);

// Whether one of the lines FIRST..LAST contains WORD as a part.
bool source_mentions(const char *source, int first, int last, const char *word);
