// An error-checking mutex knows its owner by itself.
// SPDX-License-Identifier: MIT
#include "rlock.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct rlock {
    pthread_mutex_t mutex;
    int depth; // the owner's
};

rlock *rl_new(void) {
    rlock *l = calloc(1, sizeof *l);
    if (l == NULL)
        return NULL;
    pthread_mutexattr_t checks;
    pthread_mutexattr_init(&checks);
    pthread_mutexattr_settype(&checks, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&l->mutex, &checks);
    pthread_mutexattr_destroy(&checks);
    return l;
}

static struct timespec deadline_in(long ms) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    long ns = t.tv_nsec + ms % 1000 * 1000000;
    t.tv_sec += ms / 1000 + ns / 1000000000;
    t.tv_nsec = ns % 1000000000;
    return t;
}

// EBUSY does not tell whether it is mine: only an endless lock does, at once.
static int is_mine(rlock *l) {
    struct timespec past = {0, 0};
    int rc = pthread_mutex_timedlock(&l->mutex, &past);
    if (rc == 0)
        pthread_mutex_unlock(&l->mutex);
    return rc == EDEADLK;
}

int rl_acquire(rlock *l, long timeout_ms) {
    struct timespec deadline = deadline_in(timeout_ms < 0 ? 0 : timeout_ms);
    int rc;
    if (is_mine(l))
        rc = EDEADLK;
    else if (timeout_ms < 0)
        rc = pthread_mutex_lock(&l->mutex);
    else if (timeout_ms == 0)
        rc = pthread_mutex_trylock(&l->mutex);
    else
        rc = pthread_mutex_timedlock(&l->mutex, &deadline);
    if (rc != 0 && rc != EDEADLK)
        return -rc;
    l->depth++;
    return 0;
}

int rl_release(rlock *l) {
    if (!is_mine(l))
        return -EPERM;
    if (--l->depth > 0)
        return 0;
    return -pthread_mutex_unlock(&l->mutex);
}

int rl_depth(rlock *l) {
    return is_mine(l) ? l->depth : 0;
}

void rl_free(rlock *l) {
    if (l == NULL)
        return;
    pthread_mutex_destroy(&l->mutex);
    free(l);
}
