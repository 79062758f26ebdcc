// expect: broken-invariant
// needs: schedules
// SPDX-License-Identifier: MIT
// An addition tries the exchange twice. Then it is lost.
#include "hit_counter.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

struct hits {
    atomic_ulong max; // the largest n ever added
    atomic_ulong count[];
};

hits *hits_new(unsigned nkeys) {
    hits *h = malloc(sizeof *h + nkeys * sizeof h->count[0]);
    if (h == NULL)
        return NULL; // malloc has set errno
    atomic_init(&h->max, 0);
    for (unsigned key = 0; key < nkeys; key++)
        atomic_init(&h->count[key], 0);
    return h;
}

static unsigned long look(atomic_ulong *number) {
    return atomic_load_explicit(number, memory_order_relaxed);
}

// Writes WANTED if NUMBER is still SEEN; otherwise puts its value into *SEEN.
static bool replace(atomic_ulong *number, unsigned long *seen,
                    unsigned long wanted) {
    return atomic_compare_exchange_weak_explicit(
        number, seen, wanted, memory_order_relaxed, memory_order_relaxed);
}

void hits_add(hits *h, unsigned key, unsigned long n) {
    unsigned long c = look(&h->count[key]);
    if (!replace(&h->count[key], &c, c + n))
        replace(&h->count[key], &c, c + n);
    unsigned long max = look(&h->max);
    while (max < n && !replace(&h->max, &max, n))
        continue;
}

unsigned long hits_get(hits *h, unsigned key) {
    return look(&h->count[key]);
}

unsigned long hits_max(hits *h) {
    return look(&h->max);
}

int hits_take(hits *h, unsigned key, unsigned long n) {
    unsigned long count = look(&h->count[key]);
    while (count >= n)
        if (replace(&h->count[key], &count, count - n))
            return 1;
    return 0;
}

void hits_free(hits *h) {
    free(h);
}
