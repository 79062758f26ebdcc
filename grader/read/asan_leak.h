// SPDX-License-Identifier: MIT
// Reads LeakSanitizer's part of a text: one finding for each line of the answer
// that allocates what is lost. Lines whose blocks nobody points to come first,
// then those whose blocks are only reachable through a lost one ("indirect");
// the largest first among each.
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "read/context.h"

// Whether LINE heads a leak: "Direct leak of …".
bool asan_leak_starts(const char *line);

// Appends at most 10.
void asan_leaks_read(const struct read_context *context, GStrv lines,
                     GPtrArray *findings);
