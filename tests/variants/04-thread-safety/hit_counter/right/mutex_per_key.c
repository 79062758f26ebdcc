// A mutex for each key, and one for the maximum.
// SPDX-License-Identifier: MIT
#include "hit_counter.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct counter {
    pthread_mutex_t lock; // guards value
    unsigned long value;
};

struct hits {
    unsigned n; // counters, the maximum (the last one) included
    struct counter *counter;
};

hits *hits_new(unsigned nkeys) {
    hits *h = malloc(sizeof *h);
    if (h == NULL)
        return NULL;
    h->n = nkeys + 1;
    h->counter = malloc(h->n * sizeof *h->counter);
    if (h->counter == NULL) {
        free(h);
        errno = ENOMEM;
        return NULL;
    }
    for (unsigned i = 0; i < h->n; i++) {
        pthread_mutex_init(&h->counter[i].lock, NULL);
        h->counter[i].value = 0;
    }
    return h;
}

void hits_add(hits *h, unsigned key, unsigned long n) {
    struct counter *max = &h->counter[h->n - 1];
    pthread_mutex_lock(&h->counter[key].lock);
    h->counter[key].value += n;
    pthread_mutex_unlock(&h->counter[key].lock);
    pthread_mutex_lock(&max->lock);
    if (n > max->value)
        max->value = n;
    pthread_mutex_unlock(&max->lock);
}

unsigned long hits_get(hits *h, unsigned key) {
    pthread_mutex_lock(&h->counter[key].lock);
    unsigned long value = h->counter[key].value;
    pthread_mutex_unlock(&h->counter[key].lock);
    return value;
}

unsigned long hits_max(hits *h) {
    return hits_get(h, h->n - 1);
}

int hits_take(hits *h, unsigned key, unsigned long n) {
    struct counter *c = &h->counter[key];
    pthread_mutex_lock(&c->lock);
    if (c->value < n) {
        pthread_mutex_unlock(&c->lock);
        return 0;
    }
    c->value -= n;
    pthread_mutex_unlock(&c->lock);
    return 1;
}

void hits_free(hits *h) {
    for (unsigned i = 0; i < h->n; i++)
        pthread_mutex_destroy(&h->counter[i].lock);
    free(h->counter);
    free(h);
}
