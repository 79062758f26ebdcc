// expect: data-race
// needs: schedules
// SPDX-License-Identifier: MIT
// Reads the maximum when the lock has been given back.
#include "hit_counter.h"

#include <pthread.h>
#include <stdlib.h>

struct hits {
    pthread_mutex_t lock; // guards all that follows
    unsigned long max;
    unsigned long count[];
};

hits *hits_new(unsigned nkeys) {
    hits *h = calloc(1, sizeof *h + nkeys * sizeof h->count[0]);
    if (h == NULL)
        return NULL;
    pthread_mutex_init(&h->lock, NULL);
    return h;
}

void hits_add(hits *h, unsigned key, unsigned long n) {
    pthread_mutex_lock(&h->lock);
    h->count[key] += n;
    if (h->max < n)
        h->max = n;
    pthread_mutex_unlock(&h->lock);
}

unsigned long hits_get(hits *h, unsigned key) {
    pthread_mutex_lock(&h->lock);
    unsigned long count = h->count[key];
    pthread_mutex_unlock(&h->lock);
    return count;
}

unsigned long hits_max(hits *h) {
    pthread_mutex_lock(&h->lock);
    pthread_mutex_unlock(&h->lock);
    unsigned long max = h->max;
    return max;
}

int hits_take(hits *h, unsigned key, unsigned long n) {
    pthread_mutex_lock(&h->lock);
    int enough = h->count[key] >= n;
    if (enough)
        h->count[key] -= n;
    pthread_mutex_unlock(&h->lock);
    return enough;
}

void hits_free(hits *h) {
    pthread_mutex_destroy(&h->lock);
    free(h);
}
