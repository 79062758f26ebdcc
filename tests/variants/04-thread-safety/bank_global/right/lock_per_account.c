// design: one mutex an account, taken in the order of their numbers;
// bank_total takes them all. More than was asked for, and right.
// SPDX-License-Identifier: MIT
#include "bank_global.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct account {
    pthread_mutex_t lock; // guards balance
    long balance;
};

struct bank {
    int n;
    struct account account[];
};

bank *bank_new(const long *opening, int n) {
    bank *b = malloc(sizeof *b + (size_t)n * sizeof b->account[0]);
    if (b == NULL)
        return NULL;
    b->n = n;
    for (int i = 0; i < n; i++) {
        pthread_mutex_init(&b->account[i].lock, NULL);
        b->account[i].balance = opening[i];
    }
    return b;
}

int bank_transfer(bank *b, int from, int to, long amount) {
    if (from < 0 || from >= b->n || to < 0 || to >= b->n || from == to ||
        amount <= 0)
        return -EINVAL;
    int low = from < to ? from : to;
    int high = from < to ? to : from;
    int result = -ERANGE;
    pthread_mutex_lock(&b->account[low].lock);
    pthread_mutex_lock(&b->account[high].lock);
    if (b->account[from].balance >= amount) {
        b->account[from].balance -= amount;
        BANK_STEP(from, to);
        b->account[to].balance += amount;
        result = 0;
    }
    pthread_mutex_unlock(&b->account[high].lock);
    pthread_mutex_unlock(&b->account[low].lock);
    return result;
}

long bank_balance(bank *b, int acct) {
    if (acct < 0 || acct >= b->n)
        return -1;
    pthread_mutex_lock(&b->account[acct].lock);
    long balance = b->account[acct].balance;
    pthread_mutex_unlock(&b->account[acct].lock);
    return balance;
}

long bank_total(bank *b) {
    long total = 0;
    for (int i = 0; i < b->n; i++)
        pthread_mutex_lock(&b->account[i].lock);
    for (int i = 0; i < b->n; i++)
        total += b->account[i].balance;
    for (int i = b->n - 1; i >= 0; i--)
        pthread_mutex_unlock(&b->account[i].lock);
    return total;
}

void bank_free(bank *b) {
    for (int i = 0; i < b->n; i++)
        pthread_mutex_destroy(&b->account[i].lock);
    free(b);
}
