// A semaphore of 1 keeps others out; owner and depth behind a small mutex.
// SPDX-License-Identifier: MIT
#include "rlock.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

struct rlock {
    sem_t free;
    pthread_mutex_t note; // guards the rest
    pthread_t owner;
    int depth;
};

rlock *rl_new(void) {
    rlock *l = malloc(sizeof *l);
    if (l == NULL)
        return NULL;
    sem_init(&l->free, 0, 1);
    pthread_mutex_init(&l->note, NULL);
    l->depth = 0;
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

// Adds CHANGE to the depth if it is the caller's. The new depth, or -1 if not.
static int change(rlock *l, int by) {
    pthread_mutex_lock(&l->note);
    bool mine = l->depth > 0 && pthread_equal(l->owner, pthread_self());
    int depth = mine ? l->depth += by : -1;
    pthread_mutex_unlock(&l->note);
    return depth;
}

static int sem_take(sem_t *sem, long timeout_ms) {
    struct timespec deadline = {0};
    int rc;
    if (timeout_ms > 0)
        deadline = deadline_in(timeout_ms);
    do
        rc = timeout_ms < 0    ? sem_wait(sem)
             : timeout_ms == 0 ? sem_trywait(sem)
                               : sem_timedwait(sem, &deadline);
    while (rc != 0 && errno == EINTR);
    if (rc == 0)
        return 0;
    return errno == EAGAIN ? -EBUSY : -errno;
}

int rl_acquire(rlock *l, long timeout_ms) {
    if (change(l, 1) > 0)
        return 0;
    int rc = sem_take(&l->free, timeout_ms);
    if (rc != 0)
        return rc;
    pthread_mutex_lock(&l->note);
    l->owner = pthread_self();
    l->depth = 1;
    pthread_mutex_unlock(&l->note);
    return 0;
}

int rl_release(rlock *l) {
    int depth = change(l, -1);
    if (depth < 0)
        return -EPERM;
    if (depth == 0)
        sem_post(&l->free);
    return 0;
}

int rl_depth(rlock *l) {
    int depth = change(l, 0);
    return depth < 0 ? 0 : depth;
}

void rl_free(rlock *l) {
    if (l == NULL)
        return;
    sem_destroy(&l->free);
    pthread_mutex_destroy(&l->note);
    free(l);
}
