// SPDX-License-Identifier: MIT
// What the schedules stage has found: traces in, findings out.
#pragma once

#include <glib.h>

#include "model/outcome.h"
#include "model/trace.h"
#include "read/context.h"

// The traces in TEXT, which the box has written; the caller unrefs them.
// *TROUBLE is set if there is none, or the last of them was cut short;
// *UNDECIDED if a scenario could not be controlled and none was found to fail.
GPtrArray *schedules_traces(const char *text, char **trouble,
                            char **undecided);

// The finding in TRACE, without its story; NULL if nothing was found in it.
struct finding *schedules_read(const struct read_context *context,
                               const struct trace *trace);
