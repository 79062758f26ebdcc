// A plain mutex is the lock itself; an atomic owner says whether it is mine.
// SPDX-License-Identifier: MIT
#include "rlock.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

struct rlock {
    pthread_mutex_t mutex;    // held while it is owned
    _Atomic(uintptr_t) owner; // the address of the owner's own variable, or 0
    int depth;                // the owner's
};

static uintptr_t me(void) {
    static _Thread_local char mine;
    return (uintptr_t)&mine;
}

rlock *rl_new(void) {
    rlock *l = calloc(1, sizeof *l);
    if (l != NULL)
        pthread_mutex_init(&l->mutex, NULL);
    return l;
}

static struct timespec deadline_in(long ms) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    long ns = t.tv_nsec + ms % 1000 * 1000000;
    t.tv_sec += ms / 1000 + ns / 1000000000;
    t.tv_nsec = ns % 1000000000;
    return t;
}

static int lock_by(pthread_mutex_t *mutex, long timeout_ms) {
    if (timeout_ms < 0)
        return -pthread_mutex_lock(mutex);
    if (timeout_ms == 0)
        return -pthread_mutex_trylock(mutex);
    struct timespec deadline = deadline_in(timeout_ms);
    return -pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, &deadline);
}

int rl_acquire(rlock *l, long timeout_ms) {
    // Only I write my own address here: if it is there, it stays there.
    if (atomic_load_explicit(&l->owner, memory_order_relaxed) == me()) {
        l->depth++;
        return 0;
    }
    int rc = lock_by(&l->mutex, timeout_ms);
    if (rc == 0) {
        atomic_store_explicit(&l->owner, me(), memory_order_relaxed);
        l->depth = 1;
    }
    return rc;
}

int rl_release(rlock *l) {
    if (atomic_load_explicit(&l->owner, memory_order_relaxed) != me())
        return -EPERM;
    if (--l->depth == 0) {
        atomic_store_explicit(&l->owner, 0, memory_order_relaxed);
        pthread_mutex_unlock(&l->mutex);
    }
    return 0;
}

int rl_depth(rlock *l) {
    uintptr_t owner = atomic_load_explicit(&l->owner, memory_order_relaxed);
    return owner == me() ? l->depth : 0;
}

void rl_free(rlock *l) {
    if (l == NULL)
        return;
    pthread_mutex_destroy(&l->mutex);
    free(l);
}
