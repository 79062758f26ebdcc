// expect: lost-wakeup
// A semaphore has no owner: nobody is told of a death.
// SPDX-License-Identifier: MIT
#include "shm_bank.h"

#include <errno.h>
#include <semaphore.h>
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
    sem_t lock; // guards all that follows
    struct record record;
    int n;
    long balance[];
};

static size_t bytes_of(int n) {
    return sizeof(shm_bank) + (size_t)n * sizeof(long);
}

static void init_lock(sem_t *lock) {
    sem_init(lock, 1, 1);
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
    while (sem_wait(&b->lock) != 0)
        ;
    undo(b);
}

static void unlock(shm_bank *b) {
    sem_post(&b->lock);
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
    b->balance[to] += amount;
    record->under_way = false;
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
    sem_destroy(&b->lock);
    munmap(b, bytes_of(b->n));
}
