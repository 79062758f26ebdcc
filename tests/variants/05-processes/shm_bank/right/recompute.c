// Design: a robust mutex; the sum of all accounts is known, so what is missing
// after a death is given back to the account that was debited, by its number.
// SPDX-License-Identifier: MIT
#include "shm_bank.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>

struct shm_bank {
    pthread_mutex_t mutex;
    int n;
    atomic_int debited; // the account of the transfer that is under way
    long sum;
    _Atomic long balance[];
};

static size_t room(int n) {
    return offsetof(shm_bank, balance) + (size_t)n * sizeof(_Atomic long);
}

static long add_up(const shm_bank *b) {
    long sum = 0;
    for (int i = 0; i < b->n; i++)
        sum += b->balance[i];
    return sum;
}

shm_bank *sb_new(const long *opening, int n) {
    shm_bank *b = mmap(0, room(n), PROT_READ | PROT_WRITE,
                       MAP_ANONYMOUS | MAP_SHARED, -1, 0);
    if (b == MAP_FAILED)
        return NULL;
    pthread_mutexattr_t a;
    pthread_mutexattr_init(&a);
    pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&b->mutex, &a);
    pthread_mutexattr_destroy(&a);
    b->n = n;
    for (int i = 0; i < n; i++)
        b->balance[i] = opening[i];
    b->sum = add_up(b);
    return b;
}

static void take(shm_bank *b) {
    if (pthread_mutex_lock(&b->mutex) == EOWNERDEAD) {
        b->balance[b->debited] += b->sum - add_up(b);
        pthread_mutex_consistent(&b->mutex);
    }
}

int sb_transfer(shm_bank *b, int from, int to, long amount) {
    if (from == to || amount <= 0 || (unsigned)from >= (unsigned)b->n ||
        (unsigned)to >= (unsigned)b->n)
        return -EINVAL;
    take(b);
    int rc = b->balance[from] < amount ? -ERANGE : 0;
    if (rc == 0) {
        b->debited = from;
        b->balance[from] -= amount;
        BANK_STEP(from, to);
        b->balance[to] += amount;
    }
    pthread_mutex_unlock(&b->mutex);
    return rc;
}

long sb_total(shm_bank *b) {
    take(b);
    long sum = add_up(b);
    pthread_mutex_unlock(&b->mutex);
    return sum;
}

long sb_look(const shm_bank *b, int acct) {
    return b->balance[acct];
}

void sb_free(shm_bank *b) {
    if (b != NULL) {
        pthread_mutex_destroy(&b->mutex);
        munmap(b, room(b->n));
    }
}
