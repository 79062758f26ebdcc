// expect: wrong-result
// SPDX-License-Identifier: MIT
// pthread_once remembers that it ran, not that it worked: after a make that
// failed, nobody tries again.
#include "lazy_once.h"

#include <pthread.h>
#include <stdlib.h>

struct lazy {
    void *(*make)(void *);
    void *arg;
    void *object;
    pthread_once_t once;
};

static _Thread_local lazy *current;

static void make_current(void) {
    lazy *l = current;
    l->object = l->make(l->arg);
}

lazy *lazy_new(void *(*make)(void *), void *arg) {
    lazy *l = calloc(1, sizeof *l);
    if (l == NULL)
        return NULL;
    l->make = make;
    l->arg = arg;
    l->once = PTHREAD_ONCE_INIT;
    return l;
}

void *lazy_get(lazy *l) {
    current = l;
    pthread_once(&l->once, make_current);
    return l->object;
}

void lazy_free(lazy *l, void (*destroy)(void *)) {
    if (l->object != NULL && destroy != NULL)
        destroy(l->object);
    free(l);
}
