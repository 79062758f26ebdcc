// SPDX-License-Identifier: MIT
// What happened when a job was run: facts only, no judgement. exec/ makes
// these (or finds them saved), read/ turns them into findings. They are stored
// as JSON in build/outcomes/, so everything a reader needs is in here.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "harness/record_types.h"

enum outcome_end {
    OUTCOME_NOT_RUN,   // something it waits for failed, or the run was stopped
    OUTCOME_EXITED,    // code: exit status
    OUTCOME_SIGNALLED, // code: signal number
    OUTCOME_DEADLINE,  // killed by the grader: took too long
    OUTCOME_OUTPUT,    // killed by the grader: printed more than allowed
    OUTCOME_TROUBLE    // the grader could not run it; `trouble` says why
};

// What a program under test told the grader over its private descriptor.
// harness/record_types.h says which fields each type has.
struct record {
    enum record_type type;
    int test;    // index of the test, -1 outside one
    int64_t pid; // who sent it, in the program's own numbering
    GStrv fields;
};

struct outcome {
    enum outcome_end end;
    int code;
    int64_t wall_ms;
    int64_t cpu_ms;
    int64_t peak_kb;
    bool output_capped;
    bool cached;       // read back, not run now; not stored
    char *output;      // stdout and stderr together, as far as kept; UTF-8
    GPtrArray *records; // of struct record
    int records_dropped; // packets that were no record
    GHashTable *files; // name -> char *: small text files the job left behind
    char *trouble;     // end TROUBLE or NOT_RUN: a complete sentence
};

struct outcome *outcome_new(void);
void outcome_free(struct outcome *outcome);
// Takes FIELDS.
void outcome_take_record(struct outcome *outcome, enum record_type type,
                         int test, int64_t pid, GStrv fields);
