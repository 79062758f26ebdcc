// SPDX-License-Identifier: MIT
// Reads what a program that ran under the schedule explorer has written
// (explore/output.h is the format), and gives everything in it its name.
//
// A file that was cut short gives what was there: `finished` of its last trace
// is false then. A hostile one gives nonsense, but no more of it than fits.
#pragma once

#include <glib.h>

#include "model/trace.h"
#include "read/debug_names.h"

// TEXT: the lines. NAMES: of the program that wrote them, or NULL: then objects
// and places have no names. SOURCES: file as compiled -> its text, for sources
// that are not where they were compiled; or NULL. Returns one struct trace for
// each scenario, in the order in which they were run; the caller unrefs it.
GPtrArray *explored_read(const char *text, struct debug_names *names,
                         GHashTable *sources);
