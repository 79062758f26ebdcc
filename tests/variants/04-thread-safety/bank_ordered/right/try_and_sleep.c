// design: trylock with release, and a short sleep before the next attempt.
// SPDX-License-Identifier: MIT
#include "bank_ordered.h"

#include <errno.h>
#include <unistd.h>

int acct_init(struct account *a, int id, long opening) {
    a->id = id;
    a->balance = opening;
    a->user = NULL;
    return -pthread_mutex_init(&a->lock, NULL);
}

static void take(struct account *from, struct account *to) {
    for (;;) {
        pthread_mutex_lock(&from->lock);
        if (pthread_mutex_trylock(&to->lock) == 0)
            return;
        pthread_mutex_unlock(&from->lock);
        usleep(100);
    }
}

int xfer(struct account *from, struct account *to, long amount) {
    if (amount <= 0)
        return -EINVAL;
    if (from == to)
        return 0;
    take(from, to);
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
    int held = 0;
    while (held < n) {
        if (pthread_mutex_trylock(&accts[held]->lock) == 0) {
            held++;
            continue;
        }
        while (held > 0)
            pthread_mutex_unlock(&accts[--held]->lock);
        usleep(100);
    }
    for (int i = 0; i < n; i++)
        sum += accts[i]->balance;
    while (held > 0)
        pthread_mutex_unlock(&accts[--held]->lock);
    return sum;
}

int acct_destroy(struct account *a) {
    return -pthread_mutex_destroy(&a->lock);
}
