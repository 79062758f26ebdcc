// SPDX-License-Identifier: MIT
// What went wrong in a trace, in the plain words that end its story.
#pragma once

#include <glib.h>

#include "model/trace.h"

// Prose without line breaks, names in backticks. The caller frees it.
char *story_end(const struct trace *trace);
