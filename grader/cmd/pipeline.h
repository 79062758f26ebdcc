// SPDX-License-Identifier: MIT
// From answers to verdicts: the order in which plan, exec, read and judge do
// their part. The commands that grade (grade, verify) share it.
//
//  1. answer_new() for each answer, or answer_read() to take it from a file.
//  2. pipeline_run() judges them all in one run.
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "model/exercise.h"
#include "model/verdict.h"
#include "plan/plan.h"
#include "report/live.h"

// One answer on its way. Owns everything but the exercise.
struct answer {
    const struct exercise *exercise;
    char *label;                // names its jobs and reports, unique in a run
    char *path;                 // as the user named it
    char *again;                // the command that grades it again
    char *source;               // its text; NULL if it cannot be graded
    struct finding *unreadable; // then: why
    struct request request;
    // Verify: once a finding of kind `until` is there, no other job of this
    // answer is begun.
    bool ends_early;
    enum finding_kind until;
    bool ended;              // it is there
    GPtrArray *results;      // of struct result, one a job that has ended
    struct verdict *verdict; // set by pipeline_run(); owned
};

struct pipeline_options {
    const struct book *book;
    bool stages[STAGE_COUNT]; // those wanted
    int slots;
    bool use_cache;
    bool grade_stubs;  // an untouched stub is run too (verify)
    struct live *live; // told of progress; may be NULL
};

// Takes SOURCE.
struct answer *answer_new(const struct exercise *exercise, const char *label,
                          const char *path, const char *again, char *source);
// Reads the file PATH: a regular text file of at most 1 MiB. What is not one
// becomes an answer that fails with a finding that says so.
struct answer *answer_read(const struct exercise *exercise, const char *label,
                           const char *path, const char *again);
void answer_free(struct answer *answer);

// True if the answer is the untouched stub.
bool answer_is_stub(const struct answer *answer, const struct book *book);

// The plan for ANSWERS (of struct answer *), for --dry-run.
struct plan *pipeline_plan(GPtrArray *answers,
                           const struct pipeline_options *options,
                           GError **error);

enum pipeline_end { PIPELINE_DONE, PIPELINE_INTERRUPTED, PIPELINE_TROUBLE };

// Gives every answer its verdict. TROUBLE: ERROR is set.
enum pipeline_end pipeline_run(GPtrArray *answers,
                               const struct pipeline_options *options,
                               GError **error);
