// design: spin lock from an atomic_flag that yields while it waits.
// SPDX-License-Identifier: MIT
#include "bank_global.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct bank {
    int n;
    long *balance;
    atomic_flag lock;
};

static void take(bank *b) {
    while (atomic_flag_test_and_set_explicit(&b->lock, memory_order_acquire))
        sched_yield();
}

static void give(bank *b) {
    atomic_flag_clear_explicit(&b->lock, memory_order_release);
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
    atomic_flag_clear(&b->lock);
    return b;
}

int bank_transfer(bank *b, int from, int to, long amount) {
    if (from < 0 || from >= b->n || to < 0 || to >= b->n || from == to ||
        amount <= 0)
        return -EINVAL;
    take(b);
    if (b->balance[from] < amount) {
        give(b);
        return -ERANGE;
    }
    b->balance[from] -= amount;
    BANK_STEP(from, to);
    b->balance[to] += amount;
    give(b);
    return 0;
}

long bank_balance(bank *b, int acct) {
    if (acct < 0 || acct >= b->n)
        return -1;
    take(b);
    long balance = b->balance[acct];
    give(b);
    return balance;
}

long bank_total(bank *b) {
    take(b);
    long total = 0;
    for (int i = 0; i < b->n; i++)
        total += b->balance[i];
    give(b);
    return total;
}

void bank_free(bank *b) {
    free(b->balance);
    free(b);
}
