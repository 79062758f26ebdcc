// expect: data-race
// SPDX-License-Identifier: MIT
// volatile instead of a lock: every access happens, and none of them is
// indivisible.
#include "hit_counter.h"

#include <pthread.h>
#include <stdlib.h>

struct hits {
    pthread_mutex_t lock; // guards all that follows
    volatile unsigned long max;
    volatile unsigned long count[];
};

hits *hits_new(unsigned nkeys) {
    hits *h = calloc(1, sizeof *h + nkeys * sizeof h->count[0]);
    if (h == NULL)
        return NULL;
    pthread_mutex_init(&h->lock, NULL);
    return h;
}

void hits_add(hits *h, unsigned key, unsigned long n) {
    h->count[key] += n;
    if (h->max < n)
        h->max = n;
}

unsigned long hits_get(hits *h, unsigned key) {
    unsigned long count = h->count[key];
    return count;
}

unsigned long hits_max(hits *h) {
    unsigned long max = h->max;
    return max;
}

int hits_take(hits *h, unsigned key, unsigned long n) {
    int enough = h->count[key] >= n;
    if (enough)
        h->count[key] -= n;
    return enough;
}

void hits_free(hits *h) {
    pthread_mutex_destroy(&h->lock);
    free(h);
}
