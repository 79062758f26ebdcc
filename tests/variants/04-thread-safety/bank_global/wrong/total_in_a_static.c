// expect: data-race
// bank_total adds up in a static variable and reads it after the unlock: two
// who ask at once share it.
// SPDX-License-Identifier: MIT
#include "bank_global.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct bank {
    int n;                // never changes: may be read without the lock
    pthread_mutex_t lock; // guards balance[]
    long balance[];
};

bank *bank_new(const long *opening, int n) {
    bank *b = malloc(sizeof *b + (size_t)n * sizeof b->balance[0]);
    if (b == NULL)
        return NULL;
    int error = pthread_mutex_init(&b->lock, NULL);
    if (error != 0) {
        free(b);
        errno = error;
        return NULL;
    }
    b->n = n;
    memcpy(b->balance, opening, (size_t)n * sizeof b->balance[0]);
    return b;
}

static long scratch;
static bool is_account(const bank *b, int acct) {
    return acct >= 0 && acct < b->n;
}

// The caller holds the lock.
static int transfer_locked(bank *b, int from, int to, long amount) {
    if (b->balance[from] < amount)
        return -ERANGE;
    b->balance[from] -= amount;
    BANK_STEP(from, to);
    b->balance[to] += amount;
    return 0;
}

int bank_transfer(bank *b, int from, int to, long amount) {
    if (!is_account(b, from) || !is_account(b, to) || from == to || amount <= 0)
        return -EINVAL;
    // One way in and one way out: no return of transfer_locked() can forget
    // the unlock.
    pthread_mutex_lock(&b->lock);
    int result = transfer_locked(b, from, to, amount);
    pthread_mutex_unlock(&b->lock);
    return result;
}

long bank_balance(bank *b, int acct) {
    if (!is_account(b, acct))
        return -1;
    pthread_mutex_lock(&b->lock);
    long balance = b->balance[acct];
    pthread_mutex_unlock(&b->lock);
    return balance;
}

long bank_total(bank *b) {
    scratch = 0;
    pthread_mutex_lock(&b->lock);
    for (int i = 0; i < b->n; i++)
        scratch += b->balance[i];
    pthread_mutex_unlock(&b->lock);
    return scratch;
}

void bank_free(bank *b) {
    pthread_mutex_destroy(&b->lock);
    free(b);
}
