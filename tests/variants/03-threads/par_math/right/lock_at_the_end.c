// Design: a local sum in each thread, added to the total under a mutex once.
// SPDX-License-Identifier: MIT
#include "par_math.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

struct total {
    pthread_mutex_t lock; // guards sum
    double sum;
};

struct worker {
    pthread_t thread;
    bool started;
    struct span part;
    struct total *total;
};

static void *work(void *arg) {
    struct worker *worker = arg;
    double sum = do_math(worker->part.lo, worker->part.hi);
    pthread_mutex_lock(&worker->total->lock);
    worker->total->sum += sum;
    pthread_mutex_unlock(&worker->total->lock);
    return NULL;
}

static double run(struct worker *workers, const struct span *parts, int n) {
    struct total total = {PTHREAD_MUTEX_INITIALIZER, 0};
    for (int i = 0; i < n; i++)
        workers[i] = (struct worker){.part = parts[i], .total = &total};
    for (int i = 0; i < n; i++)
        workers[i].started =
            pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0;
    for (int i = 0; i < n; i++) {
        if (workers[i].started)
            pthread_join(workers[i].thread, NULL);
        else
            work(&workers[i]);
    }
    pthread_mutex_destroy(&total.lock);
    return total.sum;
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
