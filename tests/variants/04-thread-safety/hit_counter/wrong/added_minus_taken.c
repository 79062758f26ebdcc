// expect: broken-invariant
// needs: schedules
// SPDX-License-Identifier: MIT
// What was added and what was taken are counted apart, and hits_get subtracts
// the two: in between both may have changed.
#include "hit_counter.h"
#include <stdatomic.h>
#include <stdlib.h>
struct hits {
    atomic_ulong max;
    struct {
        atomic_ulong added, taken;
    } k[];
};
hits *hits_new(unsigned nkeys) {
    return calloc(1, sizeof(hits) + nkeys * 2 * sizeof(atomic_ulong));
}
void hits_add(hits *h, unsigned key, unsigned long n) {
    atomic_fetch_add(&h->k[key].added, n);
    unsigned long m = atomic_load(&h->max);
    while (m < n && !atomic_compare_exchange_weak(&h->max, &m, n))
        ;
}
unsigned long hits_get(hits *h, unsigned key) {
    unsigned long t = atomic_load(&h->k[key].taken);
    return atomic_load(&h->k[key].added) - t;
}
unsigned long hits_max(hits *h) {
    return atomic_load(&h->max);
}
int hits_take(hits *h, unsigned key, unsigned long n) {
    unsigned long t = atomic_load(&h->k[key].taken);
    while (atomic_load(&h->k[key].added) - t >= n)
        if (atomic_compare_exchange_weak(&h->k[key].taken, &t, t + n))
            return 1;
    return 0;
}
void hits_free(hits *h) {
    free(h);
}
