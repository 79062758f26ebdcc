// expect: deadlock
// SPDX-License-Identifier: MIT
// One lock for all lazy objects: make, which wants another one, waits for
// its own thread.
#include "lazy_once.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct lazy {
    void *(*make)(void *);
    void *arg;
    void *_Atomic object; // NULL until it is made; then it never changes
};

lazy *lazy_new(void *(*make)(void *), void *arg) {
    lazy *l = malloc(sizeof *l);
    if (l == NULL)
        return NULL;
    l->make = make;
    l->arg = arg;
    atomic_init(&l->object, NULL);
    return l;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *get_or_make(lazy *l) {
    pthread_mutex_lock(&lock);
    // Only a holder of the lock stores here, so the lock orders this load.
    void *object = atomic_load_explicit(&l->object, memory_order_relaxed);
    if (object == NULL) {
        object = l->make(l->arg);
        atomic_store_explicit(&l->object, object, memory_order_release);
    }
    pthread_mutex_unlock(&lock);
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
    free(l);
}
