// design: one global mutex for busy flags, and a condition variable. The mutex
// is not held while money moves.
// SPDX-License-Identifier: MIT
#include "bank_ordered.h"

#include <errno.h>

// The mutex guards every account's `user`, which is not NULL while a transfer
// has the account, and is not held during the transfer itself.
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t freed = PTHREAD_COND_INITIALIZER;

static void take(struct account *from, struct account *to) {
    pthread_mutex_lock(&gate);
    while (from->user != NULL || to->user != NULL)
        pthread_cond_wait(&freed, &gate);
    from->user = from;
    to->user = to;
    pthread_mutex_unlock(&gate);
}

static void give(struct account *from, struct account *to) {
    pthread_mutex_lock(&gate);
    from->user = NULL;
    to->user = NULL;
    pthread_cond_broadcast(&freed);
    pthread_mutex_unlock(&gate);
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
    int result = -ERANGE;
    take(from, to);
    if (from->balance >= amount) {
        from->balance -= amount;
        BANK_STEP(from, to);
        to->balance += amount;
        result = 0;
    }
    give(from, to);
    return result;
}

static int any_busy(struct account *const *accts, int n) {
    for (int i = 0; i < n; i++)
        if (accts[i]->user != NULL)
            return 1;
    return 0;
}

long audit(struct account *const *accts, int n) {
    long sum = 0;
    pthread_mutex_lock(&gate);
    while (any_busy(accts, n))
        pthread_cond_wait(&freed, &gate);
    for (int i = 0; i < n; i++)
        sum += accts[i]->balance;
    pthread_mutex_unlock(&gate);
    return sum;
}

int acct_destroy(struct account *a) {
    return -pthread_mutex_destroy(&a->lock);
}
