// design: transfers are readers of a read-write lock and lock two accounts by
// id; audit is its writer, so no transfer is under way, and needs no account
// lock.
// SPDX-License-Identifier: MIT
#include "bank_ordered.h"

#include <errno.h>

// Read: a transfer is under way. Write: none is.
static pthread_rwlock_t transfers = PTHREAD_RWLOCK_INITIALIZER;

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
    pthread_rwlock_rdlock(&transfers);
    pthread_mutex_lock(&first->lock);
    pthread_mutex_lock(&second->lock);
    if (from->balance < amount) {
        pthread_mutex_unlock(&second->lock);
        pthread_mutex_unlock(&first->lock);
        pthread_rwlock_unlock(&transfers);
        return -ERANGE;
    }
    from->balance -= amount;
    BANK_STEP(from, to);
    to->balance += amount;
    pthread_mutex_unlock(&second->lock);
    pthread_mutex_unlock(&first->lock);
    pthread_rwlock_unlock(&transfers);
    return 0;
}

long audit(struct account *const *accts, int n) {
    long sum = 0;
    pthread_rwlock_wrlock(&transfers);
    for (int i = 0; i < n; i++)
        sum += accts[i]->balance;
    pthread_rwlock_unlock(&transfers);
    return sum;
}

int acct_destroy(struct account *a) {
    return -pthread_mutex_destroy(&a->lock);
}
