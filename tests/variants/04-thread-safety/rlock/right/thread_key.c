// A semaphore, and the depth in a thread-specific value of each lock.
// SPDX-License-Identifier: MIT
#include "rlock.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

struct rlock {
    sem_t s;
    pthread_key_t key;
};
rlock *rl_new(void) {
    rlock *l = malloc(sizeof *l);
    int e;
    if (!l)
        return NULL;
    if ((e = pthread_key_create(&l->key, NULL)) != 0) {
        free(l);
        errno = e;
        return NULL;
    }
    if (sem_init(&l->s, 0, 1) < 0) {
        e = errno;
        pthread_key_delete(l->key);
        free(l);
        errno = e;
        return NULL;
    }
    return l;
}
int rl_depth(rlock *l) {
    return (int)(intptr_t)pthread_getspecific(l->key);
}
static void set(rlock *l, int d) {
    pthread_setspecific(l->key, (void *)(intptr_t)d);
}
int rl_acquire(rlock *l, long ms) {
    int d = rl_depth(l);
    if (d == 0) {
        int rc;
        struct timespec t;
        clock_gettime(CLOCK_REALTIME, &t);
        if (ms > 0) {
            t.tv_sec += ms / 1000;
            t.tv_nsec += (ms % 1000) * 1000 * 1000;
            if (t.tv_nsec > 999999999) {
                t.tv_nsec -= 1000000000;
                t.tv_sec += 1;
            }
        }
        do
            rc = ms < 0    ? sem_wait(&l->s)
                 : ms == 0 ? sem_trywait(&l->s)
                           : sem_timedwait(&l->s, &t);
        while (rc < 0 && errno == EINTR);
        if (rc < 0)
            return errno == EAGAIN ? -EBUSY : -ETIMEDOUT;
    }
    set(l, d + 1);
    return 0;
}
int rl_release(rlock *l) {
    int d = rl_depth(l);
    if (d == 0)
        return -EPERM;
    set(l, d - 1);
    if (d == 1)
        sem_post(&l->s);
    return 0;
}
void rl_free(rlock *l) {
    if (l == NULL)
        return;
    pthread_key_delete(l->key);
    sem_destroy(&l->s);
    free(l);
}
