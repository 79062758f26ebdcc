// SPDX-License-Identifier: MIT
// Reads a trace file (docs/trace-format.md), which anybody may have written or
// cut short: report/trace_lines.h writes it.
#pragma once

#include <glib.h>

#include "model/trace.h"

// The traces in TEXT (of struct trace), in their order; the caller unrefs it.
// Empty if TEXT is no trace file of this version.
GPtrArray *trace_lines_read(const char *text);
