// SPDX-License-Identifier: MIT
// Endings in which somebody can never go on: deadlocks and lost wake-ups.
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "model/trace.h"

// Prose without line breaks, names in backticks. The caller frees it.
char *story_deadlock(const struct trace *trace);
char *story_lost_wakeup(const struct trace *trace);

// The step from which on the failure cannot be avoided any more; -1: unknown.
int story_point_of_no_return(const struct trace *trace);

// Whether THREAD came to its end.
bool story_has_ended(const struct trace *trace, int thread);
