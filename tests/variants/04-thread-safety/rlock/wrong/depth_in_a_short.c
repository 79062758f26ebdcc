// expect: wrong-result
// The depth overflows long before a million.
// SPDX-License-Identifier: MIT
#include "rlock.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

struct rlock {
    pthread_mutex_t inner; // guards what follows
    pthread_cond_t freed;  // signalled when depth becomes 0
    pthread_t owner;       // if depth > 0
    short depth;
};

// A condition whose time limits do not move when somebody sets the clock.
static int make_condition(pthread_cond_t *cond) {
    pthread_condattr_t monotonic;
    int error = pthread_condattr_init(&monotonic);
    if (error != 0)
        return error;
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    error = pthread_cond_init(cond, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return error;
}

rlock *rl_new(void) {
    rlock *l = calloc(1, sizeof *l);
    if (l == NULL)
        return NULL;
    int error = pthread_mutex_init(&l->inner, NULL);
    if (error == 0 && (error = make_condition(&l->freed)) != 0)
        pthread_mutex_destroy(&l->inner);
    if (error != 0) {
        free(l);
        errno = error;
        return NULL;
    }
    return l;
}

// Called with `inner` locked.
static bool is_mine(const rlock *l) {
    return l->depth > 0 && pthread_equal(l->owner, pthread_self());
}

// The point in time MS from now on.
static struct timespec deadline_in(long ms) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += ms % 1000 * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

// Called with `inner` locked: waits until nobody owns it. 0 or -ETIMEDOUT.
static int wait_until_free(rlock *l, long timeout_ms) {
    struct timespec deadline = {0};
    int error = 0;
    if (timeout_ms > 0)
        deadline = deadline_in(timeout_ms);
    while (l->depth > 0 && error == 0) {
        error = timeout_ms < 0
                    ? pthread_cond_wait(&l->freed, &l->inner)
                    : pthread_cond_timedwait(&l->freed, &l->inner, &deadline);
    }
    // What counts is whether it is free, not why the wait ended.
    return l->depth > 0 ? -ETIMEDOUT : 0;
}

int rl_acquire(rlock *l, long timeout_ms) {
    int rc = 0;
    pthread_mutex_lock(&l->inner);
    if (!is_mine(l)) {
        if (l->depth > 0)
            rc = timeout_ms == 0 ? -EBUSY : wait_until_free(l, timeout_ms);
        if (rc == 0)
            l->owner = pthread_self();
    }
    if (rc == 0)
        l->depth++;
    pthread_mutex_unlock(&l->inner);
    return rc;
}

int rl_release(rlock *l) {
    int rc = -EPERM;
    pthread_mutex_lock(&l->inner);
    if (is_mine(l)) {
        rc = 0;
        l->depth--;
        if (l->depth == 0)
            pthread_cond_signal(&l->freed);
    }
    pthread_mutex_unlock(&l->inner);
    return rc;
}

int rl_depth(rlock *l) {
    pthread_mutex_lock(&l->inner);
    int depth = is_mine(l) ? l->depth : 0;
    pthread_mutex_unlock(&l->inner);
    return depth;
}

void rl_free(rlock *l) {
    if (l == NULL)
        return;
    pthread_cond_destroy(&l->freed);
    pthread_mutex_destroy(&l->inner);
    free(l);
}
