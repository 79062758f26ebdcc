// SPDX-License-Identifier: MIT
// One program to run for an answer: data made by plan/, carried out by exec/.
//
// A job's steps run one after the other in one sandbox, in a fresh folder
// (/box) that holds its inputs under the names given here; the first step that
// fails ends it. What a later job needs is named in `outputs`; what a reader
// needs as text is named in `keep` and travels in the outcome.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/exercise.h"
#include "model/stage.h"

struct job;

struct job_input {
    char *name;             // in the box; may hold a folder: "lib/wb.h"
    char *path;             // on the host; NULL if `text` or `from` is given
    char *text;             // content, or NULL
    const struct job *from; // the job that makes it, under the same name, or
                            // NULL
};

struct job_limits {
    int64_t cpu_ms;       // RLIMIT_CPU, rounded up; 0 none
    int64_t wall_ms;      // then SIGKILL to all of it
    int64_t output_bytes; // stdout and stderr together
    int64_t memory_bytes; // RLIMIT_AS of the steps; 0 none (the harness sets
                          // its own: sanitizers need the address space)
    int64_t file_bytes;   // RLIMIT_FSIZE
    int processes;        // RLIMIT_NPROC inside the box
};

struct job {
    char *name;                      // "bank_global/tests"; unique in a plan
    const struct exercise *exercise; // not owned
    enum stage stage;
    char *says;       // for the progress line: "compiling", "running the tests"
    GPtrArray *steps; // of GStrv (argv); argv[0] is looked up in PATH
    GPtrArray *inputs; // of struct job_input
    GStrv outputs;     // names of files that other jobs take with `from`
    GStrv keep;        // names of text files kept in the outcome (those that
                       // are there, each cut at 4 MiB)
    GStrv environment; // "NAME=value", beyond PATH, HOME, LC_ALL
    GPtrArray *after;  // of const struct job *: all must have ended well
                       // (exited with 0), or this one is not run
    struct job_limits limits;
    bool writes;    // its steps write into the box, though nothing of it is
                    // wanted later; else a box without outputs is
                    // read-only
    bool channel;   // gets a SOCK_SEQPACKET descriptor 3 and sends records
    bool wants_jit; // valgrind: no W^X
    bool alone;     // a measurement: nothing else may run meanwhile
    const struct job *in_turns; // jobs with the same one never run at the same
                                // time; NULL: whenever there is a free slot
    bool cacheable; // false: always run
    char *key;      // hex SHA-256 of everything that decides its outcome;
                    // filled by plan/
};

struct plan {
    GPtrArray *jobs; // of struct job, owned; a job stands after those it needs
};

struct job *job_new(const struct exercise *exercise, enum stage stage,
                    const char *what);
void job_free(struct job *job);
void plan_free(struct plan *plan);

// Appends a step; the list ends with NULL.
void job_add_step(struct job *job, ...) G_GNUC_NULL_TERMINATED;
void job_add_input_file(struct job *job, const char *name, const char *path);
void job_add_input_text(struct job *job, const char *name, const char *text);
// FROM must come before JOB; adds it to `after` too.
void job_add_input_from(struct job *job, const char *name,
                        const struct job *from);
