// Design: two copies of all accounts; a transfer is made in the one that does
// not count, and one store makes it count.
// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "shm_bank.h"
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
struct shm_bank {
    pthread_mutex_t lock;
    size_t bytes;
    int n;
    _Atomic int valid;
    _Atomic int working;
    long acc[];
};
static long *copy(const shm_bank *b, int which) {
    return (long *)b->acc + (size_t)which * b->n;
}
static void lock(shm_bank *b) {
    if (pthread_mutex_lock(&b->lock) == EOWNERDEAD) {
        b->working = b->valid;
        pthread_mutex_consistent(&b->lock);
    }
}
shm_bank *sb_new(const long *opening, int n) {
    size_t bytes = sizeof(shm_bank) + 2 * (size_t)n * sizeof(long);
    shm_bank *b = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (b == MAP_FAILED)
        return NULL;
    pthread_mutexattr_t a;
    pthread_mutexattr_init(&a);
    pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&b->lock, &a);
    pthread_mutexattr_destroy(&a);
    b->bytes = bytes;
    b->n = n;
    memcpy(b->acc, opening, (size_t)n * sizeof(long));
    return b;
}
int sb_transfer(shm_bank *b, int from, int to, long amount) {
    if (from < 0 || from >= b->n || to < 0 || to >= b->n || from == to ||
        amount <= 0)
        return -EINVAL;
    lock(b);
    int v = b->valid, rc = 0;
    long *now = copy(b, v), *next = copy(b, !v);
    if (now[from] < amount)
        rc = -ERANGE;
    else {
        memcpy(next, now, (size_t)b->n * sizeof(long));
        next[from] -= amount;
        b->working = !v;
        BANK_STEP(from, to);
        next[to] += amount;
        b->valid = !v;
    }
    pthread_mutex_unlock(&b->lock);
    return rc;
}
long sb_total(shm_bank *b) {
    lock(b);
    long s = 0, *a = copy(b, b->valid);
    for (int i = 0; i < b->n; i++)
        s += a[i];
    pthread_mutex_unlock(&b->lock);
    return s;
}
long sb_look(const shm_bank *b, int acct) {
    return copy(b, b->working)[acct];
}
void sb_free(shm_bank *b) {
    if (b) {
        pthread_mutex_destroy(&b->lock);
        munmap(b, b->bytes);
    }
}
