// expect: data-race
// SPDX-License-Identifier: MIT
//  volatile instead of a lock.
#include "bank_global.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct bank {
    int n;
    volatile long *balance;
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
    for (int i = 0; i < n; i++)
        b->balance[i] = opening[i];
    b->n = n;
    return b;
}

int bank_transfer(bank *b, int from, int to, long amount) {
    if (from < 0 || from >= b->n || to < 0 || to >= b->n || from == to ||
        amount <= 0)
        return -EINVAL;
    if (b->balance[from] < amount)
        return -ERANGE;
    b->balance[from] -= amount;
    BANK_STEP(from, to);
    b->balance[to] += amount;
    return 0;
}

long bank_balance(bank *b, int acct) {
    if (acct < 0 || acct >= b->n)
        return -1;
    long balance = b->balance[acct];
    return balance;
}

long bank_total(bank *b) {
    long total = 0;
    for (int i = 0; i < b->n; i++)
        total += b->balance[i];
    return total;
}

void bank_free(bank *b) {
    free((void *)b->balance);
    free(b);
}
