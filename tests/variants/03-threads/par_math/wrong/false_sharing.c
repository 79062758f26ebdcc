// expect: cpu-cost
// Every thread has a counter and a sum of its own, so nothing races. But both
// are written at every term, and those of all threads lie side by side in one
// cache line, which each write fetches back from the other CPU.
// SPDX-License-Identifier: MIT
#include "par_math.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

struct progress {
    long done; // terms up to here are in the sum
    double sum;
};

struct job {
    pthread_t thread;
    bool started;
    long end;
    struct progress *progress; // into one array
};

static void *work(void *arg) {
    struct job *job = arg;
    struct progress *progress = job->progress;
    while (progress->done < job->end) {
        progress->sum += do_math(progress->done, progress->done + 1);
        progress->done++;
    }
    return NULL;
}

static double run(struct job *jobs, int n) {
    for (int i = 0; i < n; i++)
        jobs[i].started =
            pthread_create(&jobs[i].thread, NULL, work, &jobs[i]) == 0;
    double sum = 0;
    for (int i = 0; i < n; i++) {
        if (jobs[i].started)
            pthread_join(jobs[i].thread, NULL);
        else
            work(&jobs[i]);
        sum += jobs[i].progress->sum;
    }
    return sum;
}

double par_math(long lo, long hi, unsigned nthreads) {
    if (hi <= lo)
        return 0;
    int n = nthreads > 0 ? (int)nthreads : (int)sysconf(_SC_NPROCESSORS_ONLN);
    struct job *jobs = calloc((size_t)n, sizeof *jobs);
    struct progress *progress = calloc((size_t)n, sizeof *progress);
    struct span *parts = calloc((size_t)n, sizeof *parts);
    double sum;
    if (jobs == NULL || progress == NULL || parts == NULL) {
        sum = do_math(lo, hi);
    } else {
        split_range(lo, hi, n, parts);
        for (int i = 0; i < n; i++) {
            progress[i].done = parts[i].lo;
            jobs[i].end = parts[i].hi;
            jobs[i].progress = &progress[i];
        }
        sum = run(jobs, n);
    }
    free(parts);
    free(progress);
    free(jobs);
    return sum;
}
