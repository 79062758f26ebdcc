// expect: data-race
// Every thread gets the address of the loop variable (in a struct) and reads it
// while the loop goes on.
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

struct crew {
    struct worker *workers;
    int next;
};

static void *start(void *arg) {
    struct crew *crew = arg;
    return work(&crew->workers[crew->next]);
}

static double run(struct worker *workers, const struct span *parts, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++)
        workers[i].part = parts[i];
    struct crew crew = {workers, 0};
    for (crew.next = 0; crew.next < n; crew.next++)
        workers[crew.next].started =
            pthread_create(&workers[crew.next].thread, NULL, start, &crew) == 0;
    crew.next = 0;
    for (int i = 0; i < n; i++) {
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
