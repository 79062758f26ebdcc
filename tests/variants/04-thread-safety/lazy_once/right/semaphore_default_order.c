// Default (sequentially consistent) atomics, and a semaphore for the slow path.
// SPDX-License-Identifier: MIT
#include "lazy_once.h"

#include <errno.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>

struct lazy {
    void *(*make)(void *);
    void *arg;
    _Atomic(void *) object;
    sem_t turn;
};

lazy *lazy_new(void *(*make)(void *), void *arg) {
    lazy *l = calloc(1, sizeof *l);
    if (l == NULL)
        return NULL;
    l->make = make;
    l->arg = arg;
    sem_init(&l->turn, 0, 1);
    return l;
}

void *lazy_get(lazy *l) {
    if (l->object == NULL) {
        while (sem_wait(&l->turn) != 0 && errno == EINTR)
            continue;
        if (l->object == NULL)
            l->object = l->make(l->arg);
        sem_post(&l->turn);
    }
    return l->object;
}

void lazy_free(lazy *l, void (*destroy)(void *)) {
    if (l->object != NULL && destroy != NULL)
        destroy(l->object);
    sem_destroy(&l->turn);
    free(l);
}
