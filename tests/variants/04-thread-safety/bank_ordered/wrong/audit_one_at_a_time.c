// expect: broken-invariant
// SPDX-License-Identifier: MIT
// Audit locks one account, reads it, unlocks it and goes on: every balance is
// right, the sum is of no moment at all.
#include "bank_ordered.h"

#include <errno.h>

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
    pthread_mutex_lock(&first->lock);
    pthread_mutex_lock(&second->lock);
    if (from->balance < amount) {
        pthread_mutex_unlock(&second->lock);
        pthread_mutex_unlock(&first->lock);
        return -ERANGE;
    }
    from->balance -= amount;
    BANK_STEP(from, to);
    to->balance += amount;
    pthread_mutex_unlock(&second->lock);
    pthread_mutex_unlock(&first->lock);
    return 0;
}

long audit(struct account *const *accts, int n) {
    long sum = 0;
    for (int i = 0; i < n; i++) {
        pthread_mutex_lock(&accts[i]->lock);
        sum += accts[i]->balance;
        pthread_mutex_unlock(&accts[i]->lock);
    }
    return sum;
}

int acct_destroy(struct account *a) {
    return -pthread_mutex_destroy(&a->lock);
}
