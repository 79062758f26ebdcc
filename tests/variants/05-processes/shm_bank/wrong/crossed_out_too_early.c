// expect: wrong-result
// The record is crossed out before the credit.
// SPDX-License-Identifier: MIT
// How it works. Lock, record and accounts lie in one shared mapping. Before a
// transfer touches an account it writes down both balances, and that it is
// under way. The mutex is robust: whoever takes it after its owner's death is
// told so, and restores the two balances before anything else. Restoring may be
// done any number of times, so it may be killed as well.
//
// The record's flag is atomic so that the compiler keeps the order of the
// stores: the kernel keeps a dead process's memory as it was, nothing more is
// needed.
#include "shm_bank.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>

struct record {
    atomic_bool under_way;
    int from, to;
    long from_before, to_before;
};

struct shm_bank {
    pthread_mutex_t lock; // guards all that follows
    struct record record;
    int n;
    long balance[];
};

static size_t bytes_of(int n) {
    return sizeof(shm_bank) + (size_t)n * sizeof(long);
}

static void init_lock(pthread_mutex_t *lock) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

shm_bank *sb_new(const long *opening, int n) {
    shm_bank *b = mmap(NULL, bytes_of(n), PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (b == MAP_FAILED)
        return NULL;
    init_lock(&b->lock);
    b->n = n;
    for (int i = 0; i < n; i++)
        b->balance[i] = opening[i];
    return b;
}

static void undo(shm_bank *b) {
    if (!b->record.under_way)
        return;
    b->balance[b->record.from] = b->record.from_before;
    b->balance[b->record.to] = b->record.to_before;
    b->record.under_way = false;
}

static void lock(shm_bank *b) {
    if (pthread_mutex_lock(&b->lock) != EOWNERDEAD)
        return;
    undo(b);
    pthread_mutex_consistent(&b->lock); // last: until then it may be repeated
}

static void unlock(shm_bank *b) {
    pthread_mutex_unlock(&b->lock);
}

static void move(shm_bank *b, int from, int to, long amount) {
    struct record *record = &b->record;
    record->from = from;
    record->to = to;
    record->from_before = b->balance[from];
    record->to_before = b->balance[to];
    record->under_way = true;
    b->balance[from] -= amount;
    BANK_STEP(from, to);
    record->under_way = false;
    b->balance[to] += amount;
}

int sb_transfer(shm_bank *b, int from, int to, long amount) {
    if (from < 0 || from >= b->n || to < 0 || to >= b->n || from == to ||
        amount <= 0)
        return -EINVAL;
    int rc = 0;
    lock(b);
    if (b->balance[from] < amount)
        rc = -ERANGE;
    else
        move(b, from, to, amount);
    unlock(b);
    return rc;
}

long sb_total(shm_bank *b) {
    long sum = 0;
    lock(b);
    for (int i = 0; i < b->n; i++)
        sum += b->balance[i];
    unlock(b);
    return sum;
}

long sb_look(const shm_bank *b, int acct) {
    return b->balance[acct];
}

void sb_free(shm_bank *b) {
    if (b == NULL)
        return;
    pthread_mutex_destroy(&b->lock);
    munmap(b, bytes_of(b->n));
}
