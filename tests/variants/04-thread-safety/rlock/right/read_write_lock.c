// The write side of a read-write lock, with its timed call.
// SPDX-License-Identifier: MIT
#include "rlock.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct rlock {
    pthread_rwlock_t rw;
    pthread_mutex_t m;
    pthread_t owner;
    int depth;
};
rlock *rl_new(void) {
    rlock *l = calloc(1, sizeof *l);
    if (l) {
        pthread_rwlock_init(&l->rw, NULL);
        pthread_mutex_init(&l->m, NULL);
    }
    return l;
}
static int mine(rlock *l, int add) {
    pthread_mutex_lock(&l->m);
    int d = l->depth > 0 && pthread_equal(l->owner, pthread_self())
                ? (l->depth += add)
                : -1;
    pthread_mutex_unlock(&l->m);
    return d;
}
int rl_acquire(rlock *l, long ms) {
    if (mine(l, 1) > 0)
        return 0;
    int e;
    if (ms == 0)
        e = pthread_rwlock_trywrlock(&l->rw);
    else if (ms < 0)
        e = pthread_rwlock_wrlock(&l->rw);
    else {
        struct timespec t;
        clock_gettime(CLOCK_REALTIME, &t);
        long long ns = t.tv_sec * 1000000000LL + t.tv_nsec + ms * 1000000LL;
        t.tv_sec = ns / 1000000000LL;
        t.tv_nsec = ns % 1000000000LL;
        e = pthread_rwlock_timedwrlock(&l->rw, &t);
    }
    if (e)
        return -e;
    pthread_mutex_lock(&l->m);
    l->owner = pthread_self();
    l->depth = 1;
    pthread_mutex_unlock(&l->m);
    return 0;
}
int rl_release(rlock *l) {
    int d = mine(l, -1);
    if (d < 0)
        return -EPERM;
    if (d == 0)
        pthread_rwlock_unlock(&l->rw);
    return 0;
}
int rl_depth(rlock *l) {
    int d = mine(l, 0);
    return d < 0 ? 0 : d;
}
void rl_free(rlock *l) {
    if (!l)
        return;
    pthread_rwlock_destroy(&l->rw);
    pthread_mutex_destroy(&l->m);
    free(l);
}
