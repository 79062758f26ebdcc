// SPDX-License-Identifier: MIT
// What a search through schedules has come to: for people, and as JSON.
#pragma once

#include <glib.h>

#include "model/trace.h"
#include "report/style.h"

// The trace that counts among those of one program: the first that has found
// something, else the first that proves nothing, else the last. NULL if there
// is none.
const struct trace *exploration_main(const GPtrArray *traces);

// The story of what was found, or what it means that nothing was. AGAIN is the
// command without the options that repeat the schedule: "lockstep explore q.c".
void exploration_write(GString *out, const struct style *style,
                       const struct trace *trace, const char *again);

// One object: docs/trace-format.md says which members it has.
void exploration_write_json(GString *out, const struct trace *trace);
