// expect: memory-error
// Room for 64 handles, however many threads are asked for.
// SPDX-License-Identifier: MIT
#include "par_for.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct loop {
    long lo;
    unsigned long size, grain, chunks;
    void (*body)(long i, void *ctx);
    void *ctx;
    atomic_ulong next; // number of the chunk that nobody has taken yet
};

static void do_chunk(struct loop *loop, unsigned long chunk) {
    unsigned long at = chunk * loop->grain, left = loop->size - at;
    unsigned long count = left < loop->grain ? left : loop->grain;
    for (; count > 0; count--, at++)
        loop->body((long)((unsigned long)loop->lo + at), loop->ctx);
}

static void *work(void *arg) {
    struct loop *loop = arg;
    unsigned long chunk;
    // Relaxed: creating and joining the threads order everything else.
    while ((chunk = atomic_fetch_add_explicit(
                &loop->next, 1, memory_order_relaxed)) < loop->chunks)
        do_chunk(loop, chunk);
    return NULL;
}

int par_for(long lo, long hi, long grain, unsigned nthreads,
            void (*body)(long i, void *ctx), void *ctx) {
    if (hi < lo || grain < 1 || nthreads < 1 || body == NULL)
        return -EINVAL;
    struct loop loop = {.lo = lo,
                        .size = (unsigned long)hi - (unsigned long)lo,
                        .grain = (unsigned long)grain,
                        .body = body,
                        .ctx = ctx};
    loop.chunks = loop.size / loop.grain + (loop.size % loop.grain != 0);
    unsigned long others = nthreads - 1;
    if (others >= loop.chunks)
        others = loop.chunks > 0 ? loop.chunks - 1 : 0;
    pthread_t threads[64];
    unsigned long created = 0;
    while (created < others &&
           pthread_create(&threads[created], NULL, work, &loop) == 0)
        created++;
    work(&loop);
    for (unsigned long i = 0; i < created; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
