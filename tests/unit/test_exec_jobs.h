// SPDX-License-Identifier: MIT
// Small plans for the tests of exec/: jobs made of one line of shell.
#pragma once

#include <check.h>
#include <glib.h>
#include <stdbool.h>

#include "exec/exec.h"

static struct exercise jobs_exercise = {.id = "x"};

static inline struct plan *jobs_plan(void) {
    struct plan *plan = g_new0(struct plan, 1);
    plan->jobs = g_ptr_array_new_with_free_func((GDestroyNotify)job_free);
    return plan;
}

// A job that runs SCRIPT by sh, with limits that no honest one meets.
static inline struct job *jobs_add(struct plan *plan, const char *name,
                                   const char *script) {
    struct job *job = job_new(&jobs_exercise, STAGE_TESTS, name);
    job->limits = (struct job_limits){.cpu_ms = 20000,
                                      .wall_ms = 60000,
                                      .output_bytes = 100000,
                                      .file_bytes = 64 << 20,
                                      .processes = 64};
    job->key = g_compute_checksum_for_string(G_CHECKSUM_SHA256, name, -1);
    job->cacheable = false;
    job_add_step(job, "sh", "-c", script, NULL);
    g_ptr_array_add(plan->jobs, job);
    return job;
}

static inline void jobs_set(GStrv *list, const char *name) {
    g_strfreev(*list);
    *list = g_strsplit(name, ";", -1);
}

// Runs PLAN on two slots, without a cache.
static inline GPtrArray *jobs_run(const struct plan *plan, bool no_sandbox) {
    struct exec_options options = {.slots = 2, .no_sandbox = no_sandbox};
    GPtrArray *outcomes = exec_run(plan, &options);
    ck_assert_msg(outcomes != NULL, "the run was interrupted");
    ck_assert_uint_eq(outcomes->len, plan->jobs->len);
    return outcomes;
}

static inline const struct outcome *jobs_outcome(const GPtrArray *outcomes,
                                                 guint i) {
    return g_ptr_array_index(outcomes, i);
}

// What was seen, for messages.
static inline const char *jobs_tell(const struct outcome *outcome) {
    static char text[2000];
    g_snprintf(text, sizeof text,
               "end %d, code %d, wall %d ms, cpu %d ms, peak %d kB, trouble "
               "'%s', output '%.1000s'",
               outcome->end, outcome->code, (int)outcome->wall_ms,
               (int)outcome->cpu_ms, (int)outcome->peak_kb, outcome->trouble,
               outcome->output);
    return text;
}

// CODE does not matter where the grader itself made the end.
static inline void assert_end(const struct outcome *outcome,
                              enum outcome_end end, int code) {
    bool own = end == OUTCOME_EXITED || end == OUTCOME_SIGNALLED;
    ck_assert_msg(outcome->end == end && (!own || outcome->code == code), "%s",
                  jobs_tell(outcome));
}
