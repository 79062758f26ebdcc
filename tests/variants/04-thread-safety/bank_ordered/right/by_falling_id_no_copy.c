// design: the higher id first. audit sorts nothing: it looks for the next
// lower id in the caller's array, again and again.
// SPDX-License-Identifier: MIT
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
    struct account *first = from->id > to->id ? from : to;
    struct account *second = from->id > to->id ? to : from;
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

// The account with the highest id below BELOW's, or NULL.
static struct account *next(struct account *const *accts, int n,
                            const struct account *below) {
    struct account *best = NULL;
    for (int i = 0; i < n; i++)
        if ((below == NULL || accts[i]->id < below->id) &&
            (best == NULL || accts[i]->id > best->id))
            best = accts[i];
    return best;
}

long audit(struct account *const *accts, int n) {
    long sum = 0;
    struct account *a = NULL;
    while ((a = next(accts, n, a)) != NULL)
        pthread_mutex_lock(&a->lock);
    for (int i = 0; i < n; i++)
        sum += accts[i]->balance;
    for (int i = 0; i < n; i++)
        pthread_mutex_unlock(&accts[i]->lock);
    return sum;
}

int acct_destroy(struct account *a) {
    return -pthread_mutex_destroy(&a->lock);
}
