// SPDX-License-Identifier: MIT
// The judgement of one answer: what a report prints.
#pragma once

#include <glib.h>

#include "model/exercise.h"
#include "model/finding.h"

enum verdict_value {
    VERDICT_PASS,
    VERDICT_FAIL,
    VERDICT_BLOCKED,     // an earlier stage failed, so this one was not run
    VERDICT_UNDECIDED,   // a stage only: cannot tell on this machine now
    VERDICT_NOT_STARTED, // an exercise only: the stub is untouched
    VERDICT_TROUBLE,     // the grader's own failure; never the learner's fault
    VERDICT_NONE         // a stage only: not part of this exercise or this run
};

struct stage_verdict {
    enum verdict_value value; // never NOT_STARTED
    char *reason;             // BLOCKED, UNDECIDED, TROUBLE: why; else NULL.
                              // PASS of speed: the measured line
    int64_t wall_ms;          // of all its jobs
    int64_t cpu_ms;
    bool cached;              // nothing of it had to be run
};

struct verdict {
    const struct exercise *exercise; // not owned
    enum verdict_value value;        // never UNDECIDED or NONE
    struct stage_verdict stages[STAGE_COUNT];
    GPtrArray *findings; // of struct finding; the main one first, then by the
                         // judge's order; advice last
    char *source;        // the answer's text as graded, for quoting lines
    char *path;          // the answer's path as the user named it
    char *report;        // folder of the raw tool reports, or NULL
    GPtrArray *notes;    // of char *: kind remarks that are no findings
                         // ("you edited bank_global.h; graded with …")
};

struct verdict *verdict_new(const struct exercise *exercise);
void verdict_free(struct verdict *verdict);

// "pass", "fail", "blocked", "undecided", "not_started", "trouble", "none".
const char *verdict_value_name(enum verdict_value value);

// The main finding, or NULL.
const struct finding *verdict_main_finding(const struct verdict *verdict);
