// expect: no-overlap
// The lock that guards the common sum is held while the part is computed: only
// one thread works at any time.
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
    double *sum;
    pthread_mutex_t *lock;
};

static void *work(void *arg) {
    struct worker *worker = arg;
    pthread_mutex_lock(worker->lock);
    *worker->sum += do_math(worker->part.lo, worker->part.hi);
    pthread_mutex_unlock(worker->lock);
    return NULL;
}

static double run(struct worker *workers, const struct span *parts, int n) {
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    double total = 0;
    for (int i = 0; i < n; i++)
        workers[i] = (struct worker){
            .part = parts[i], .sum = &total, .lock = &lock};
    for (int i = 0; i < n; i++)
        workers[i].started =
            pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0;
    for (int i = 0; i < n; i++) {
        if (workers[i].started)
            pthread_join(workers[i].thread, NULL);
        else
            work(&workers[i]);
    }
    return total;
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
