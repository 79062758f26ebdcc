// SPDX-License-Identifier: MIT
#include "proc_pool.h"

#include <errno.h>
#include <stdlib.h>

struct ppool {
    int nprocs;
    // TODO: the workers, and the jobs with their tickets
};

// TODO: start NPROCS workers, each with a way in and a way out.
ppool *pp_new(int nprocs, const job_fn *jobs, int njobs) {
    (void)jobs;
    (void)njobs;
    ppool *p = calloc(1, sizeof *p);
    if (p != NULL)
        p->nprocs = nprocs;
    return p;
}

// TODO: keep the job, give it a ticket, and send it to a worker if one is free.
long pp_apply_async(ppool *p, int job, const void *in, size_t n) {
    (void)p;
    (void)job;
    (void)in;
    (void)n;
    return -ENOSYS; // TODO
}

// TODO: feed the workers and listen to them until this ticket has its result.
int pp_get(ppool *p, long ticket, void *out, size_t *out_len, long timeout_ms) {
    (void)p;
    (void)ticket;
    (void)out;
    (void)out_len;
    (void)timeout_ms;
    return -ENOSYS; // TODO
}

// TODO: take no more jobs.
void pp_close(ppool *p) {
    (void)p;
}

// TODO: see all jobs to their end, then let the workers leave, and reap them.
int pp_join(ppool *p) {
    (void)p;
    return -ENOSYS; // TODO
}

// TODO: kill the workers, reap them, cancel what had not ended.
void pp_terminate(ppool *p) {
    (void)p;
}

// TODO: terminate what still runs, then give everything back.
void pp_free(ppool *p) {
    free(p);
}
