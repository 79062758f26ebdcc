// SPDX-License-Identifier: MIT
// The trace format: lines of JSON, one event each, with names and places and no
// address, so that the same schedule gives the same bytes. docs/trace-format.md
// is the format; read/trace_lines.h reads it.
#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>

#include "model/trace.h"

// Appends the trace: what was found, or that nothing was.
void trace_lines_write(GString *out, const struct trace *trace);

// The same objects as elements of an array that the builder is in.
void trace_lines_build(JsonBuilder *builder, const struct trace *trace);
