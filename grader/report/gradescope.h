// SPDX-License-Identifier: MIT
// The verdicts as Gradescope's results.json (gradescope/autograder_samples,
// docs/specs.md): one test for each exercise, worth its stars, all or nothing.
//
// What the grader itself could not judge has neither score nor status, which
// Gradescope shows as information; the total is written out, so that it counts
// neither for nor against anyone.
#pragma once

#include <glib.h>

// VERDICTS: of struct verdict *. WALL_MS: of the whole run.
void gradescope_write(GString *out, const GPtrArray *verdicts, int64_t wall_ms);
