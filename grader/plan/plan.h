// SPDX-License-Identifier: MIT
// Makes the jobs for a set of answers. Pure: it reads files to compute keys,
// and starts nothing; all jobs are known before the first one runs.
//
// The jobs of one answer:
//
//   build ──▶ tests ─────┐
//     │  └──▶ locks ─────┤
//     │  └──▶ memcheck ──┼──▶ speed
//     ├─────▶ memory ────┤
//     ├─────▶ races ─────┤
//     └─────▶ schedules ─┘
//
// build compiles the answer, once preprocessed, and links it to the suite;
// memory, races and schedules compile the same preprocessed text in their way,
// link and run in one box; tests, locks and memcheck run what build linked.
#pragma once

#include <glib.h>

#include "model/finding.h"
#include "model/job.h"

enum purpose {
    PURPOSE_BUILD,
    PURPOSE_TESTS,
    PURPOSE_MEMORY,
    PURPOSE_RACES,
    PURPOSE_LOCKS,
    PURPOSE_SCHEDULES,
    PURPOSE_MEMCHECK,
    PURPOSE_SPEED,
    PURPOSE_COUNT
};

// One answer to be judged.
struct request {
    const struct exercise *exercise;
    const char *label;  // names the jobs: "bank_global", unique in the plan
    const char *source; // the answer's text
    bool stages[STAGE_COUNT]; // those wanted; build is always done
    // Nothing is asked but whether there is a finding of kind `until`: what may
    // have it is done one after the other, and in vain once it is there.
    bool ends_early;
    enum finding_kind until;
    // Filled by plan_make: the job for each purpose, or NULL. Not owned.
    const struct job *jobs[PURPOSE_COUNT];
};

struct plan_options {
    const char *root;  // of the workbook, where build/suites lies
    const char *tools; // identifies the compilers and tools: plan_tools()
};

// Text that changes when one of the tools that a verdict depends on does.
char *plan_tools(void);

// REQUESTS (of struct request *) get their jobs filled in. NULL with ERROR set
// if something that must be built first is not there.
struct plan *plan_make(GPtrArray *requests, const struct plan_options *options,
                       GError **error);
