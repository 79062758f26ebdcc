// Mutex and condition, woken by broadcast; each thread has a number of its own.
// SPDX-License-Identifier: MIT
#include "rlock.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

struct rlock {
    pthread_mutex_t m;
    pthread_cond_t c;
    long owner; // number of a thread, or 0
    int depth;
};

static long my_number(void) {
    static atomic_long last;
    static _Thread_local long mine;
    if (mine == 0)
        mine = atomic_fetch_add(&last, 1) + 1;
    return mine;
}

rlock *rl_new(void) {
    rlock *l = calloc(1, sizeof *l);
    if (l == NULL)
        return NULL;
    pthread_mutex_init(&l->m, NULL);
    pthread_cond_init(&l->c, NULL);
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

int rl_acquire(rlock *l, long timeout_ms) {
    struct timespec deadline = deadline_in(timeout_ms < 0 ? 0 : timeout_ms);
    int rc = 0;
    pthread_mutex_lock(&l->m);
    while (l->owner != 0 && l->owner != my_number() && rc == 0) {
        if (timeout_ms < 0)
            pthread_cond_wait(&l->c, &l->m);
        else if (timeout_ms == 0)
            rc = -EBUSY;
        else
            rc = -pthread_cond_timedwait(&l->c, &l->m, &deadline);
    }
    if (l->owner == 0 || l->owner == my_number()) {
        rc = 0;
        l->owner = my_number();
        l->depth++;
    }
    pthread_mutex_unlock(&l->m);
    return rc;
}

int rl_release(rlock *l) {
    pthread_mutex_lock(&l->m);
    int rc = l->owner == my_number() ? 0 : -EPERM;
    if (rc == 0 && --l->depth == 0) {
        l->owner = 0;
        pthread_cond_broadcast(&l->c);
    }
    pthread_mutex_unlock(&l->m);
    return rc;
}

int rl_depth(rlock *l) {
    pthread_mutex_lock(&l->m);
    int depth = l->owner == my_number() ? l->depth : 0;
    pthread_mutex_unlock(&l->m);
    return depth;
}

void rl_free(rlock *l) {
    if (l == NULL)
        return;
    pthread_cond_destroy(&l->c);
    pthread_mutex_destroy(&l->m);
    free(l);
}
