// SPDX-License-Identifier: MIT
// Where every thread stands between two steps of a trace.
#pragma once

#include <glib.h>

#include "model/trace.h"

// THREAD after the first COUNT events: "holds `a`; waits for `b`", "runs",
// "has ended", "not yet created". The caller frees it.
char *moment_of(const struct trace *trace, int thread, guint count);
