// design: a spin lock an account, in `user`, taken by id; whoever waits does
// not pause.
// SPDX-License-Identifier: MIT
#include "bank_ordered.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// `user` is the lock: NULL free, else taken.
static void take(struct account *a) {
    void *expected = NULL;
    while (!__atomic_compare_exchange_n(&a->user, &expected, (void *)a, 0,
                                        __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        expected = NULL;
}

static void give(struct account *a) {
    __atomic_store_n(&a->user, NULL, __ATOMIC_RELEASE);
}

int acct_init(struct account *a, int id, long opening) {
    a->id = id;
    a->balance = opening;
    a->user = NULL;
    return -pthread_mutex_init(&a->lock, NULL);
}

int xfer(struct account *from, struct account *to, long amount) {
    if (amount <= 0)
        return -EINVAL;
    if (from == to)
        return 0;
    struct account *first = from->id < to->id ? from : to;
    struct account *second = from->id < to->id ? to : from;
    take(first);
    take(second);
    if (from->balance < amount) {
        give(second);
        give(first);
        return -ERANGE;
    }
    from->balance -= amount;
    BANK_STEP(from, to);
    to->balance += amount;
    give(second);
    give(first);
    return 0;
}

static int by_id(const void *left, const void *right) {
    const struct account *a = *(struct account *const *)left;
    const struct account *b = *(struct account *const *)right;
    return (a->id > b->id) - (a->id < b->id);
}

long audit(struct account *const *accts, int n) {
    struct account **sorted = malloc((size_t)n * sizeof *sorted);
    if (sorted == NULL)
        return -ENOMEM;
    memcpy(sorted, accts, (size_t)n * sizeof *sorted);
    qsort(sorted, (size_t)n, sizeof *sorted, by_id);
    long sum = 0;
    for (int i = 0; i < n; i++)
        take(sorted[i]);
    for (int i = 0; i < n; i++)
        sum += sorted[i]->balance;
    for (int i = 0; i < n; i++)
        give(sorted[i]);
    free(sorted);
    return sum;
}

int acct_destroy(struct account *a) {
    return -pthread_mutex_destroy(&a->lock);
}
