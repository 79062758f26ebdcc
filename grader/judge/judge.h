// SPDX-License-Identifier: MIT
// From findings to a verdict: which stage passed, which finding is the main
// one, what is said with each. The only place where a verdict is decided.
#pragma once

#include <glib.h>

#include "model/outcome.h"
#include "model/verdict.h"

// What one job came to. A stage may have several (memory: ASan and memcheck).
struct result {
    enum stage stage;
    const struct outcome *outcome;
    GPtrArray *findings; // of struct finding; owned, taken by the judge
    char *trouble;       // the grader's own failure there, or NULL; owned
    char *undecided;     // it could not tell, and why, or NULL; owned
    char *remark;        // of a pass: "1.93 times as fast on 2 threads"; owned
};

struct result *result_new(enum stage stage, const struct outcome *outcome);
void result_free(struct result *result);

// True if nothing in RESULT keeps a later job from being run.
bool result_is_good(const struct result *result);

// Moves the findings of RESULTS (of struct result *) into VERDICT, in order of
// importance, fills in what every finding says, and decides. WANTED: the stages
// asked for; `again` begins each command that shows a finding again.
void judge(struct verdict *verdict, GPtrArray *results,
           const bool wanted[STAGE_COUNT], const char *again);
