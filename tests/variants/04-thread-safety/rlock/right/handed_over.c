// A list of those who wait, each with a semaphore; the last release makes the
// first of them the owner.
// SPDX-License-Identifier: MIT
#include "rlock.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct waiter {
    sem_t sem;
    pthread_t who;
    bool got;
    struct waiter *next;
};
struct rlock {
    pthread_mutex_t m;
    pthread_t owner;
    int depth;
    struct waiter *head, **tail;
};
rlock *rl_new(void) {
    rlock *l = malloc(sizeof *l);
    if (!l)
        return NULL;
    memset(l, 0, sizeof *l);
    int e = pthread_mutex_init(&l->m, NULL);
    if (e) {
        free(l);
        errno = e;
        return NULL;
    }
    l->tail = &l->head;
    return l;
}
int rl_acquire(rlock *l, long ms) {
    pthread_t me = pthread_self();
    pthread_mutex_lock(&l->m);
    if (l->depth == 0 || pthread_equal(l->owner, me)) {
        l->owner = me;
        l->depth++;
        pthread_mutex_unlock(&l->m);
        return 0;
    }
    if (ms == 0) {
        pthread_mutex_unlock(&l->m);
        return -EBUSY;
    }
    struct waiter w = {.who = me};
    sem_init(&w.sem, 0, 0);
    *l->tail = &w;
    l->tail = &w.next;
    pthread_mutex_unlock(&l->m);
    int rc;
    if (ms < 0)
        while ((rc = sem_wait(&w.sem)) != 0 && errno == EINTR)
            ;
    else {
        struct timespec t;
        clock_gettime(CLOCK_REALTIME, &t);
        t.tv_sec += ms / 1000;
        t.tv_nsec += ms % 1000 * 1000000L;
        if (t.tv_nsec >= 1000000000L) {
            t.tv_sec++;
            t.tv_nsec -= 1000000000L;
        }
        while ((rc = sem_timedwait(&w.sem, &t)) != 0 && errno == EINTR)
            ;
    }
    pthread_mutex_lock(&l->m);
    if (!w.got) {
        struct waiter **p = &l->head;
        while (*p != &w)
            p = &(*p)->next;
        *p = w.next;
        if (w.next == NULL)
            l->tail = p;
        rc = -ETIMEDOUT;
    } else
        rc = 0;
    pthread_mutex_unlock(&l->m);
    sem_destroy(&w.sem);
    return rc;
}
int rl_release(rlock *l) {
    int rc = 0;
    pthread_mutex_lock(&l->m);
    if (l->depth == 0 || !pthread_equal(l->owner, pthread_self()))
        rc = -EPERM;
    else if (--l->depth == 0 && l->head) {
        struct waiter *w = l->head;
        l->head = w->next;
        if (!l->head)
            l->tail = &l->head;
        w->got = true;
        l->owner = w->who;
        l->depth = 1;
        sem_post(&w->sem);
    }
    pthread_mutex_unlock(&l->m);
    return rc;
}
int rl_depth(rlock *l) {
    pthread_mutex_lock(&l->m);
    int d = l->depth && pthread_equal(l->owner, pthread_self()) ? l->depth : 0;
    pthread_mutex_unlock(&l->m);
    return d;
}
void rl_free(rlock *l) {
    if (l) {
        pthread_mutex_destroy(&l->m);
        free(l);
    }
}
