// expect: broken-invariant
// needs: schedules
// SPDX-License-Identifier: MIT
// Each thread adds to a part of its own, under its own lock, and hits_get adds
// up the parts, one after the other: it may miss an addition and see a later
// one.
#include "hit_counter.h"
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
enum { SHARDS = 4 };
struct hits {
    unsigned nkeys;
    struct {
        pthread_mutex_t lock;
        unsigned long *count, max;
    } s[SHARDS];
};
static atomic_uint turn;
static _Thread_local unsigned mine;
static unsigned shard(void) {
    if (mine == 0)
        mine = 1 + atomic_fetch_add(&turn, 1);
    return mine % SHARDS;
}
hits *hits_new(unsigned nkeys) {
    hits *h = calloc(1, sizeof *h);
    if (!h)
        return NULL;
    for (int i = 0; i < SHARDS; i++) {
        pthread_mutex_init(&h->s[i].lock, NULL);
        h->s[i].count = calloc(nkeys, sizeof(unsigned long));
        if (!h->s[i].count) {
            while (i-- > 0)
                free(h->s[i].count);
            free(h);
            errno = ENOMEM;
            return NULL;
        }
    }
    return h;
}
void hits_add(hits *h, unsigned key, unsigned long n) {
    unsigned i = shard();
    pthread_mutex_lock(&h->s[i].lock);
    h->s[i].count[key] += n;
    if (n > h->s[i].max)
        h->s[i].max = n;
    pthread_mutex_unlock(&h->s[i].lock);
}
unsigned long hits_get(hits *h, unsigned key) {
    unsigned long sum = 0;
    for (int i = 0; i < SHARDS; i++) {
        pthread_mutex_lock(&h->s[i].lock);
        sum += h->s[i].count[key];
        pthread_mutex_unlock(&h->s[i].lock);
    }
    return sum;
}
unsigned long hits_max(hits *h) {
    unsigned long max = 0;
    for (int i = 0; i < SHARDS; i++) {
        pthread_mutex_lock(&h->s[i].lock);
        if (h->s[i].max > max)
            max = h->s[i].max;
        pthread_mutex_unlock(&h->s[i].lock);
    }
    return max;
}
int hits_take(hits *h, unsigned key, unsigned long n) {
    unsigned long sum = 0;
    for (int i = 0; i < SHARDS; i++) {
        pthread_mutex_lock(&h->s[i].lock);
        sum += h->s[i].count[key];
    }
    int ok = sum >= n;
    if (ok)
        for (int i = 0; i < SHARDS; i++) {
            unsigned long part =
                h->s[i].count[key] < n ? h->s[i].count[key] : n;
            h->s[i].count[key] -= part;
            n -= part;
        }
    for (int i = SHARDS; i-- > 0;)
        pthread_mutex_unlock(&h->s[i].lock);
    return ok;
}
void hits_free(hits *h) {
    for (int i = 0; i < SHARDS; i++) {
        pthread_mutex_destroy(&h->s[i].lock);
        free(h->s[i].count);
    }
    free(h);
}
