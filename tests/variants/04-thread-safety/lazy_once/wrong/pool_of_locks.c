// expect: deadlock
// Sixty-four locks for all lazy objects, chosen by address: two that share
// one cannot be made by one thread.
// SPDX-License-Identifier: MIT
#include "lazy_once.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <stdint.h>
static pthread_mutex_t locks[64] = {[0 ... 63] = PTHREAD_MUTEX_INITIALIZER};
#define LOCK(l) (&locks[((uintptr_t)(l) >> 4) % 64])

struct lazy {
    void *(*make)(void *);
    void *arg;
    pthread_mutex_t lock; // held by the one thread that may call make
    void *_Atomic object; // NULL until it is made; then it never changes
};

lazy *lazy_new(void *(*make)(void *), void *arg) {
    lazy *l = malloc(sizeof *l);
    if (l == NULL)
        return NULL;
    int error = pthread_mutex_init(&l->lock, NULL);
    if (error != 0) {
        free(l);
        errno = error;
        return NULL;
    }
    l->make = make;
    l->arg = arg;
    atomic_init(&l->object, NULL);
    return l;
}

static void *get_or_make(lazy *l) {
    pthread_mutex_lock(LOCK(l));
    // Only a holder of the lock stores here, so the lock orders this load.
    void *object = atomic_load_explicit(&l->object, memory_order_relaxed);
    if (object == NULL) {
        object = l->make(l->arg);
        atomic_store_explicit(&l->object, object, memory_order_release);
    }
    pthread_mutex_unlock(LOCK(l));
    return object;
}

void *lazy_get(lazy *l) {
    void *object = atomic_load_explicit(&l->object, memory_order_acquire);
    return object != NULL ? object : get_or_make(l);
}

void lazy_free(lazy *l, void (*destroy)(void *)) {
    void *object = atomic_load_explicit(&l->object, memory_order_relaxed);
    if (object != NULL && destroy != NULL)
        destroy(object);
    pthread_mutex_destroy(&l->lock);
    free(l);
}
