// A row of chunks for each thread; who has none left steals from the others.
// SPDX-License-Identifier: MIT
#include "par_for.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct row {
    pthread_mutex_t lock;     // guards the two
    unsigned long first, end; // chunks
};

struct loop {
    long lo, hi, grain;
    unsigned workers;
    void (*body)(long i, void *ctx);
    void *ctx;
    struct row *rows;
};

struct worker {
    struct loop *loop;
    unsigned number;
    pthread_t thread;
};

// From the front of one's own row, from the end of another's.
static bool take(struct row *row, bool front, unsigned long *chunk) {
    pthread_mutex_lock(&row->lock);
    bool any = row->first < row->end;
    if (any)
        *chunk = front ? row->first++ : --row->end;
    pthread_mutex_unlock(&row->lock);
    return any;
}

static bool find(struct worker *self, unsigned long *chunk) {
    struct loop *loop = self->loop;
    if (take(&loop->rows[self->number], true, chunk))
        return true;
    for (unsigned k = 1; k < loop->workers; k++)
        if (take(&loop->rows[(self->number + k) % loop->workers], false, chunk))
            return true;
    return false;
}

static void *work(void *arg) {
    struct worker *self = arg;
    struct loop *loop = self->loop;
    unsigned long chunk;
    while (find(self, &chunk)) {
        unsigned long at =
            (unsigned long)loop->lo + chunk * (unsigned long)loop->grain;
        unsigned long left = (unsigned long)loop->hi - at;
        if (left > (unsigned long)loop->grain)
            left = (unsigned long)loop->grain;
        for (; left > 0; left--, at++)
            loop->body((long)at, loop->ctx);
    }
    return NULL;
}

static void run(struct loop *loop, struct worker *workers,
                unsigned long chunks) {
    unsigned made = 1;
    for (unsigned k = 0; k < loop->workers; k++) {
        struct row *row = &loop->rows[k];
        pthread_mutex_init(&row->lock, NULL);
        row->first = k == 0 ? 0 : loop->rows[k - 1].end;
        row->end =
            row->first + chunks / loop->workers + (k < chunks % loop->workers);
        workers[k] = (struct worker){.loop = loop, .number = k};
    }
    while (made < loop->workers && pthread_create(&workers[made].thread, NULL,
                                                  work, &workers[made]) == 0)
        made++;
    work(&workers[0]);
    for (unsigned k = 1; k < made; k++)
        pthread_join(workers[k].thread, NULL);
    for (unsigned k = 0; k < loop->workers; k++)
        pthread_mutex_destroy(&loop->rows[k].lock);
}

int par_for(long lo, long hi, long grain, unsigned nthreads,
            void (*body)(long i, void *ctx), void *ctx) {
    if (hi < lo || grain < 1 || nthreads < 1 || body == NULL)
        return -EINVAL;
    unsigned long size = (unsigned long)hi - (unsigned long)lo;
    unsigned long chunks =
        size / (unsigned long)grain + (size % (unsigned long)grain != 0);
    struct loop loop = {lo, hi, grain, nthreads, body, ctx, NULL};
    loop.rows = malloc(nthreads * sizeof *loop.rows);
    struct worker *workers = malloc(nthreads * sizeof *workers);
    int rc = loop.rows == NULL || workers == NULL ? -ENOMEM : 0;
    if (rc == 0)
        run(&loop, workers, chunks);
    free(loop.rows);
    free(workers);
    return rc;
}
