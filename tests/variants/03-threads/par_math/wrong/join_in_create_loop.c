// expect: no-overlap
// Each thread is joined before the next one is created: they work one after the
// other.
// SPDX-License-Identifier: MIT
#include "par_math.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

struct worker {
    pthread_t thread;
    bool started;
    struct span part;
    double sum;
};

static void *work(void *arg) {
    struct worker *worker = arg;
    worker->sum = do_math(worker->part.lo, worker->part.hi);
    return NULL;
}

static double run(struct worker *workers, const struct span *parts, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++)
        workers[i].part = parts[i];
    for (int i = 0; i < n; i++) {
        workers[i].started =
            pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0;
        if (workers[i].started)
            pthread_join(workers[i].thread, NULL);
        else
            work(&workers[i]);
    }
    for (int i = 0; i < n; i++)
        sum += workers[i].sum;
    return sum;
}

double par_math(long lo, long hi, unsigned nthreads) {
    if (hi <= lo)
        return 0;
    int n = nthreads > 0 ? (int)nthreads : (int)sysconf(_SC_NPROCESSORS_ONLN);
    struct worker *workers = calloc((size_t)n, sizeof *workers);
    struct span *parts = calloc((size_t)n, sizeof *parts);
    double sum;
    if (workers == NULL || parts == NULL) {
        sum = do_math(lo, hi);
    } else {
        split_range(lo, hi, n, parts);
        sum = run(workers, parts, n);
    }
    free(parts);
    free(workers);
    return sum;
}
