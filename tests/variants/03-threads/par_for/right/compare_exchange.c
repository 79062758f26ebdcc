// A cursor in the range itself, moved by compare-and-exchange, never past the
// end. SPDX-License-Identifier: MIT
#include "par_for.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct shared {
    atomic_long at;
    long hi, grain;
    void (*body)(long i, void *ctx);
    void *ctx;
};

static void *take_and_do(void *arg) {
    struct shared *s = arg;
    long i = atomic_load(&s->at);
    while (i < s->hi) {
        unsigned long left = (unsigned long)s->hi - (unsigned long)i;
        long end = left > (unsigned long)s->grain ? i + s->grain : s->hi;
        if (!atomic_compare_exchange_weak(&s->at, &i, end))
            continue;
        for (; i < end; i++)
            s->body(i, s->ctx);
        i = atomic_load(&s->at);
    }
    return NULL;
}

int par_for(long lo, long hi, long grain, unsigned nthreads,
            void (*body)(long i, void *ctx), void *ctx) {
    if (lo > hi || grain < 1 || nthreads < 1 || !body)
        return -EINVAL;
    struct shared s = {lo, hi, grain, body, ctx};
    pthread_t *threads = calloc(nthreads, sizeof *threads);
    unsigned count = 0;
    // Without memory for the handles the caller does it alone.
    while (threads != NULL && count + 1 < nthreads &&
           pthread_create(&threads[count], NULL, take_and_do, &s) == 0)
        count++;
    take_and_do(&s);
    for (unsigned t = 0; t < count; t++)
        pthread_join(threads[t], NULL);
    free(threads);
    return 0;
}
