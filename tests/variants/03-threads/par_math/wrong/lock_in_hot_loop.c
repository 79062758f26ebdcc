// expect: cpu-cost
// Every single term is added to the common sum under the mutex. The value is
// right and there is no race, but taking the lock costs several times the work
// it protects, and the threads wait for each other at every term.
// SPDX-License-Identifier: MIT
#include "par_math.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

struct job {
    pthread_t thread;
    bool started;
    struct span part;
    struct total *total;
};

struct total {
    pthread_mutex_t lock;
    double sum;
};

static void *work(void *arg) {
    struct job *job = arg;
    for (long i = job->part.lo; i < job->part.hi; i++) {
        double term = do_math(i, i + 1);
        pthread_mutex_lock(&job->total->lock);
        job->total->sum += term;
        pthread_mutex_unlock(&job->total->lock);
    }
    return NULL;
}

double par_math(long lo, long hi, unsigned nthreads) {
    if (hi <= lo)
        return 0;
    int n = nthreads > 0 ? (int)nthreads : (int)sysconf(_SC_NPROCESSORS_ONLN);
    struct total total = {PTHREAD_MUTEX_INITIALIZER, 0};
    struct job *jobs = calloc((size_t)n, sizeof *jobs);
    struct span *parts = calloc((size_t)n, sizeof *parts);
    if (jobs == NULL || parts == NULL) {
        free(jobs);
        free(parts);
        return do_math(lo, hi);
    }
    split_range(lo, hi, n, parts);
    for (int i = 0; i < n; i++) {
        jobs[i].part = parts[i];
        jobs[i].total = &total;
        jobs[i].started =
            pthread_create(&jobs[i].thread, NULL, work, &jobs[i]) == 0;
    }
    for (int i = 0; i < n; i++) {
        if (jobs[i].started)
            pthread_join(jobs[i].thread, NULL);
        else
            work(&jobs[i]);
    }
    free(parts);
    free(jobs);
    return total.sum;
}
