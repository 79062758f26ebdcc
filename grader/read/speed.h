// SPDX-License-Identifier: MIT
// Reads a measurement (RECORD_MEASURE of harness/speed.h).
#pragma once

#include <glib.h>

#include "model/outcome.h"
#include "read/context.h"

// Appends too-slow, cpu-cost or wrong-result (or what else went wrong with the
// measured program) to FINDINGS. Otherwise one of these is set, owned by the
// caller: *TROUBLE if nothing was measured, *UNDECIDED if the machine was too
// busy to tell, *REMARK with the measured speedup.
void speed_read(const struct read_context *context,
                const struct outcome *outcome, GPtrArray *findings,
                char **trouble, char **undecided, char **remark);
