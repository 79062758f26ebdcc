// design: a gate lock held only while the locks are collected: whoever
// collects is alone, and whoever holds waits for nobody. Any order will do
// then.
// SPDX-License-Identifier: MIT
#include "bank_ordered.h"

#include <errno.h>

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

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
    pthread_mutex_lock(&gate);
    pthread_mutex_lock(&from->lock);
    pthread_mutex_lock(&to->lock);
    pthread_mutex_unlock(&gate);
    if (from->balance < amount) {
        pthread_mutex_unlock(&to->lock);
        pthread_mutex_unlock(&from->lock);
        return -ERANGE;
    }
    from->balance -= amount;
    BANK_STEP(from, to);
    to->balance += amount;
    pthread_mutex_unlock(&to->lock);
    pthread_mutex_unlock(&from->lock);
    return 0;
}

long audit(struct account *const *accts, int n) {
    long sum = 0;
    pthread_mutex_lock(&gate);
    for (int i = 0; i < n; i++)
        pthread_mutex_lock(&accts[i]->lock);
    pthread_mutex_unlock(&gate);
    for (int i = 0; i < n; i++)
        sum += accts[i]->balance;
    for (int i = 0; i < n; i++)
        pthread_mutex_unlock(&accts[i]->lock);
    return sum;
}

int acct_destroy(struct account *a) {
    return -pthread_mutex_destroy(&a->lock);
}
