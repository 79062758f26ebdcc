// The compiler's __atomic builtins on plain numbers, and one spin lock for
// the maximum.
// SPDX-License-Identifier: MIT
#include "hit_counter.h"

#include <pthread.h>
#include <stdlib.h>

struct hits {
    pthread_spinlock_t max_lock; // guards max
    unsigned long max;
    unsigned long count[];
};

hits *hits_new(unsigned nkeys) {
    hits *h = calloc(1, sizeof *h + nkeys * sizeof h->count[0]);
    if (h != NULL)
        pthread_spin_init(&h->max_lock, PTHREAD_PROCESS_PRIVATE);
    return h;
}

void hits_add(hits *h, unsigned key, unsigned long n) {
    __atomic_add_fetch(&h->count[key], n, __ATOMIC_SEQ_CST);
    pthread_spin_lock(&h->max_lock);
    if (n > h->max)
        h->max = n;
    pthread_spin_unlock(&h->max_lock);
}

unsigned long hits_get(hits *h, unsigned key) {
    return __atomic_load_n(&h->count[key], __ATOMIC_SEQ_CST);
}

unsigned long hits_max(hits *h) {
    pthread_spin_lock(&h->max_lock);
    unsigned long max = h->max;
    pthread_spin_unlock(&h->max_lock);
    return max;
}

int hits_take(hits *h, unsigned key, unsigned long n) {
    unsigned long seen;
    do {
        seen = __atomic_load_n(&h->count[key], __ATOMIC_SEQ_CST);
        if (seen < n)
            return 0;
    } while (!__sync_bool_compare_and_swap(&h->count[key], seen, seen - n));
    return 1;
}

void hits_free(hits *h) {
    pthread_spin_destroy(&h->max_lock);
    free(h);
}
