// SPDX-License-Identifier: MIT
// Which steps of a trace its story tells: those on what the failure is about,
// in so many rows as there is room for.
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "model/trace.h"

// One row. `text` is owned by it.
struct story_row {
    int thread;
    struct trace_frame place;
    char *text;
    int step;       // of its event; -1: it waits at the end
    bool preempted; // the thread was interrupted just before
    bool no_return; // from here on the failure cannot be avoided
    bool gap;       // steps that might interest were left out before it
};

// Rows in the order of the steps, at most MOST. The caller unrefs the array.
GPtrArray *story_rows(const struct trace *trace, guint most);
