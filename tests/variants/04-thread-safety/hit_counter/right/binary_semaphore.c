// A semaphore that starts at 1, taken again if a signal came in between.
// SPDX-License-Identifier: MIT
#include "hit_counter.h"

#include <errno.h>
#include <semaphore.h>
#include <stdlib.h>

struct hits {
    sem_t free; // guards all that follows
    unsigned long max;
    unsigned long count[];
};

hits *hits_new(unsigned nkeys) {
    hits *h = calloc(1, sizeof *h + nkeys * sizeof h->count[0]);
    if (h == NULL)
        return NULL;
    sem_init(&h->free, 0, 1);
    return h;
}

static void enter(hits *h) {
    while (sem_wait(&h->free) != 0 && errno == EINTR)
        continue;
}

static void leave(hits *h) {
    sem_post(&h->free);
}

void hits_add(hits *h, unsigned key, unsigned long n) {
    enter(h);
    h->count[key] += n;
    h->max = n > h->max ? n : h->max;
    leave(h);
}

unsigned long hits_get(hits *h, unsigned key) {
    enter(h);
    unsigned long count = h->count[key];
    leave(h);
    return count;
}

unsigned long hits_max(hits *h) {
    enter(h);
    unsigned long max = h->max;
    leave(h);
    return max;
}

int hits_take(hits *h, unsigned key, unsigned long n) {
    enter(h);
    int enough = h->count[key] >= n;
    h->count[key] -= enough ? n : 0;
    leave(h);
    return enough;
}

void hits_free(hits *h) {
    sem_destroy(&h->free);
    free(h);
}
