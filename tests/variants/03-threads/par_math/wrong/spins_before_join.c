// expect: busy-wait
// Asks again and again whether the others are done, instead of sleeping.
// SPDX-License-Identifier: MIT
#define _GNU_SOURCE 1
#include "par_math.h"

#include <pthread.h>
#include <sched.h>
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

static unsigned online_cpus(void) {
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    return cpus < 1 ? 1 : (unsigned)cpus;
}

// Gives worker I its part: the remainder goes to the first ones, one each.
static struct span part_of(long lo, long hi, unsigned n, unsigned i) {
    long each = (hi - lo) / n, rest = (hi - lo) % n;
    long begin = lo + each * i + (i < rest ? i : rest);
    return (struct span){begin, begin + each + (i < rest)};
}

// The caller is worker 0: it would only sleep in pthread_join() otherwise.
static double run(struct worker *workers, unsigned n) {
    for (unsigned i = 1; i < n; i++)
        workers[i].started =
            pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0;
    work(&workers[0]);
    double sum = workers[0].sum;
    for (unsigned i = 1; i < n; i++) {
        if (workers[i].started)
            while (pthread_tryjoin_np(workers[i].thread, NULL) != 0)
                sched_yield();
        else
            work(&workers[i]);
        sum += workers[i].sum;
    }
    return sum;
}

double par_math(long lo, long hi, unsigned nthreads) {
    if (hi <= lo)
        return 0;
    unsigned n = nthreads == 0 ? online_cpus() : nthreads;
    struct worker *workers = calloc(n, sizeof *workers);
    if (workers == NULL)
        return do_math(lo, hi);
    for (unsigned i = 0; i < n; i++)
        workers[i].part = part_of(lo, hi, n, i);
    double sum = run(workers, n);
    free(workers);
    return sum;
}
