// SPDX-License-Identifier: MIT
// Runs the jobs of a plan: in parallel, each in a sandbox, with every limit
// kept, and saved outcomes used where they are there.
//
//  1. exec_options names the folders and who wants to hear of progress.
//  2. exec_run() runs all jobs and returns one outcome for each, in the plan's
//     order. It returns only when every process it started is gone.
//
// A job that cannot be run (a full disk, no compiler …) has an outcome that
// ended with OUTCOME_TROUBLE and says why; nothing here judges.
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "model/job.h"
#include "model/outcome.h"

struct exec_options {
    int slots;         // jobs at once, >= 1
    bool use_cache;    // read saved outcomes (they are always written)
    bool no_sandbox;   // even where one works
    const char *cache; // folder of saved outcomes, "build/outcomes"; NULL:
                       // neither read nor write
    // Whether the jobs that wait for this one may run, now that it has exited
    // with 0; NULL: they may. Asked once for each outcome.
    bool (*is_good)(const struct job *job, const struct outcome *outcome,
                    void *data);
    // Whether nobody cares any more what this job would find: it is not run.
    // Asked of each job that has not begun; NULL: never.
    bool (*is_moot)(const struct job *job, void *data);
    // Each may be NULL. on_outcome is called as soon as a job has run, before
    // another is started; on_start for what is really run; on_end once for
    // every job, also for one not run or found saved. A job whose saved outcome
    // was there but whose files another job needs is run again: it has an
    // on_start, and its on_end comes after that.
    void (*on_outcome)(const struct job *job, const struct outcome *outcome,
                       void *data);
    void (*on_start)(const struct job *job, void *data);
    void (*on_end)(const struct job *job, const struct outcome *outcome,
                   void *data);
    void (*on_tick)(void *data); // a few times a second while jobs run
    void *data;
};

// Whether sandboxes work here; if not, *REASON (owned by exec/) says why. The
// first call tries it, which takes some 15 ms.
bool exec_sandbox_works(const char **reason);

// Of struct outcome, owned by the caller; NULL only if the run was interrupted
// (SIGINT, SIGTERM): then every child has been killed and the cache is whole.
GPtrArray *exec_run(const struct plan *plan,
                    const struct exec_options *options);
