// A cursor under a mutex; all the work is done by new threads if there are any.
// SPDX-License-Identifier: MIT
#include "par_for.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct cursor {
    pthread_mutex_t lock; // guards `next`
    long next;            // first number that nobody has taken
    long hi, grain;
    void (*body)(long i, void *ctx);
    void *ctx;
};

static bool take(struct cursor *c, long *begin, long *end) {
    pthread_mutex_lock(&c->lock);
    *begin = c->next;
    unsigned long left = (unsigned long)c->hi - (unsigned long)c->next;
    *end = left > (unsigned long)c->grain ? c->next + c->grain : c->hi;
    c->next = *end;
    pthread_mutex_unlock(&c->lock);
    return *begin < *end;
}

static void *go_through(void *arg) {
    struct cursor *c = arg;
    for (long i, end; take(c, &i, &end);)
        for (; i < end; i++)
            c->body(i, c->ctx);
    return NULL;
}

int par_for(long lo, long hi, long grain, unsigned nthreads,
            void (*body)(long i, void *ctx), void *ctx) {
    if (body == NULL || nthreads == 0 || grain <= 0 || lo > hi)
        return -EINVAL;
    struct cursor c = {PTHREAD_MUTEX_INITIALIZER, lo, hi, grain, body, ctx};
    pthread_t threads[1000];
    unsigned made = 0;
    for (unsigned t = 0; t < nthreads && t < 1000; t++)
        if (pthread_create(&threads[made], NULL, go_through, &c) == 0)
            made++;
    if (made == 0)
        go_through(&c);
    while (made > 0)
        pthread_join(threads[--made], NULL);
    pthread_mutex_destroy(&c.lock);
    return 0;
}
