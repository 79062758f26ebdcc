// expect: broken-invariant
// needs: schedules
// SPDX-License-Identifier: MIT
// Waits with if: a wake-up that came for no reason is taken for the end of
// make, and NULL is returned.
#include "lazy_once.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { EMPTY, BUSY, READY };

struct lazy {
    void *(*make)(void *);
    void *arg;
    void *object;
    atomic_int state; // changes under the lock
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned rounds; // of make, ended; guarded by lock
};

lazy *lazy_new(void *(*make)(void *), void *arg) {
    lazy *l = calloc(1, sizeof *l);
    if (l == NULL)
        return NULL;
    l->make = make;
    l->arg = arg;
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->changed, NULL);
    return l;
}

void *lazy_get(lazy *l) {
    if (atomic_load(&l->state) == READY)
        return l->object;
    pthread_mutex_lock(&l->lock);
    if (l->state == BUSY) {
        unsigned round = l->rounds;
        if (l->rounds == round)
            pthread_cond_wait(&l->changed, &l->lock);
        void *object = l->object;
        pthread_mutex_unlock(&l->lock);
        return object;
    }
    if (l->state == READY) {
        pthread_mutex_unlock(&l->lock);
        return l->object;
    }
    l->state = BUSY;
    pthread_mutex_unlock(&l->lock);
    void *object = l->make(l->arg);
    pthread_mutex_lock(&l->lock);
    l->object = object;
    l->rounds++;
    l->state = object != NULL ? READY : EMPTY;
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
    return object;
}

void lazy_free(lazy *l, void (*destroy)(void *)) {
    if (l->object != NULL && destroy != NULL)
        destroy(l->object);
    pthread_cond_destroy(&l->changed);
    pthread_mutex_destroy(&l->lock);
    free(l);
}
