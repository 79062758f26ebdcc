// expect: api-misuse
// SPDX-License-Identifier: MIT
//  Takes the lock in bank_free "to be safe" and destroys it locked.
#include "bank_global.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct bank {
    int n;
    long *balance;
    pthread_mutex_t lock;
};

bank *bank_new(const long *opening, int n) {
    bank *b = malloc(sizeof *b);
    if (b == NULL)
        return NULL;
    b->balance = malloc((size_t)n * sizeof *b->balance);
    if (b->balance == NULL) {
        free(b);
        return NULL;
    }
    memcpy(b->balance, opening, (size_t)n * sizeof *b->balance);
    b->n = n;
    pthread_mutex_init(&b->lock, NULL);
    return b;
}

int bank_transfer(bank *b, int from, int to, long amount) {
    if (from < 0 || from >= b->n || to < 0 || to >= b->n || from == to ||
        amount <= 0)
        return -EINVAL;
    pthread_mutex_lock(&b->lock);
    if (b->balance[from] < amount) {
        pthread_mutex_unlock(&b->lock);
        return -ERANGE;
    }
    b->balance[from] -= amount;
    BANK_STEP(from, to);
    b->balance[to] += amount;
    pthread_mutex_unlock(&b->lock);
    return 0;
}

long bank_balance(bank *b, int acct) {
    if (acct < 0 || acct >= b->n)
        return -1;
    pthread_mutex_lock(&b->lock);
    long balance = b->balance[acct];
    pthread_mutex_unlock(&b->lock);
    return balance;
}

long bank_total(bank *b) {
    pthread_mutex_lock(&b->lock);
    long total = 0;
    for (int i = 0; i < b->n; i++)
        total += b->balance[i];
    pthread_mutex_unlock(&b->lock);
    return total;
}

void bank_free(bank *b) {
    pthread_mutex_lock(&b->lock);
    pthread_mutex_destroy(&b->lock);
    free(b->balance);
    free(b);
}
