// design: a semaphore that starts at 1.
// SPDX-License-Identifier: MIT
#include "bank_global.h"

#include <errno.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

struct bank {
    int n;
    long *balance;
    sem_t lock;
};

// A signal handler may interrupt sem_wait; then it has not taken anything.
static void sem_take(bank *b) {
    while (sem_wait(&b->lock) != 0)
        ;
}

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
    sem_init(&b->lock, 0, 1);
    return b;
}

int bank_transfer(bank *b, int from, int to, long amount) {
    if (from < 0 || from >= b->n || to < 0 || to >= b->n || from == to ||
        amount <= 0)
        return -EINVAL;
    sem_take(b);
    if (b->balance[from] < amount) {
        sem_post(&b->lock);
        return -ERANGE;
    }
    b->balance[from] -= amount;
    BANK_STEP(from, to);
    b->balance[to] += amount;
    sem_post(&b->lock);
    return 0;
}

long bank_balance(bank *b, int acct) {
    if (acct < 0 || acct >= b->n)
        return -1;
    sem_take(b);
    long balance = b->balance[acct];
    sem_post(&b->lock);
    return balance;
}

long bank_total(bank *b) {
    sem_take(b);
    long total = 0;
    for (int i = 0; i < b->n; i++)
        total += b->balance[i];
    sem_post(&b->lock);
    return total;
}

void bank_free(bank *b) {
    sem_destroy(&b->lock);
    free(b->balance);
    free(b);
}
