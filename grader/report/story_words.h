// SPDX-License-Identifier: MIT
// Parts of a trace in words, for a narrow column or a sentence. Names and
// messages come out as they are in the trace: readers have cleaned them.
#pragma once

#include <glib.h>

#include "model/trace.h"

// "locks accounts[1].lock", "reads ready = 0". The caller frees both.
char *story_step(const struct trace *trace, const struct trace_event *event);
char *story_waits(const struct trace *trace,
                  const struct trace_waiting *waiting);

// "line 12", with the file's name if the trace is about several files.
char *story_place(const struct trace *trace, const struct trace_frame *frame);

// "line" of a step; "" if it has none.
char *story_step_place(const struct trace *trace, int step);

// Whether the steps of the trace lie in more than one file.
bool story_has_files(const struct trace *trace);

// The locks that THREAD holds just before STEP: "no lock", "`a`", "`a` and
// `b`". The caller frees it.
char *story_locks(const struct trace *trace, int thread, int step);

// One read that was out of date when its thread went on: another thread wrote
// in between. NULL: none. *WRITE is the last such write.
const struct trace_event *story_stale_read(const struct trace *trace,
                                           const struct trace_event **write);

// The last write of OBJECT in events FROM..TO-1 by another thread than THREAD
// (-1: by any). NULL: none.
const struct trace_event *story_write_between(const struct trace *trace,
                                              const char *object, int thread,
                                              guint from, guint to);
