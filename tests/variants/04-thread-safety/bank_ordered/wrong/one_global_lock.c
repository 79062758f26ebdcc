// expect: no-overlap
// SPDX-License-Identifier: MIT
// One mutex round everything: safe, but transfers that have nothing to do with
// each other wait for each other.
#include "bank_ordered.h"

#include <errno.h>

static pthread_mutex_t all = PTHREAD_MUTEX_INITIALIZER; // guards all

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
    int result = -ERANGE;
    pthread_mutex_lock(&all);
    if (from->balance >= amount) {
        from->balance -= amount;
        BANK_STEP(from, to);
        to->balance += amount;
        result = 0;
    }
    pthread_mutex_unlock(&all);
    return result;
}

long audit(struct account *const *accts, int n) {
    long sum = 0;
    pthread_mutex_lock(&all);
    for (int i = 0; i < n; i++)
        sum += accts[i]->balance;
    pthread_mutex_unlock(&all);
    return sum;
}

int acct_destroy(struct account *a) {
    return -pthread_mutex_destroy(&a->lock);
}
